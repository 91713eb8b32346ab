"""Situations, candidates, proofs and plans, and what a deployment does if a plan's manual step was forgotten (FACTS F7, F8, F12, F31,
F36)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.model.configuration import (
    REHEARSAL_MOST_SECONDS,
    REHEARSAL_SECONDS,
    REHEARSED_DATABASES,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match
from stitchback.model.migrations import Migration, Tree
from stitchback.model.problems import Problem, Step

if TYPE_CHECKING:
    from stitchback.model.configuration import DataAgreement
    from stitchback.model.edits import FileEdit
    from stitchback.model.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Stops:
    """`migrate` fails and destroys nothing. `at`: the migration that fails; None if Django refuses before it
    runs any. `message`: the error of Django or of the database.
    """

    at: MigrationKey | None
    message: str
    next_release: bool = False  # this deployment succeeds, and that of the next release fails

    def __str__(self) -> str:
        where = f"at {self.at}: {self.message}" if self.at else "before it runs anything"
        return f"{_when(self.next_release)} stops {where}"


@dataclass(frozen=True, slots=True)
class Damages:
    """`migrate` succeeds, or fails too late. `resets`: columns whose values are set to the default; `loses`:
    columns that are dropped; both on SQLite, while other databases fail at `elsewhere`. `reruns`: data
    operations that run again, on every database.
    """

    resets: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    reruns: tuple[str, ...] = ()
    elsewhere: Stops | None = None
    next_release: bool = False

    def __str__(self) -> str:
        return "; ".join(self._lines())

    def _lines(self) -> Iterator[str]:
        when = _when(self.next_release)
        if self.reruns:
            yield f"{when} runs {', '.join(self.reruns)} once more"
        if self.resets:
            yield f"on SQLite {when} succeeds and sets the values of {', '.join(self.resets)} to the default"
        if self.loses:
            yield f"on SQLite {when} succeeds and drops {', '.join(self.loses)}"
        if self.elsewhere:
            yield f"on other databases {self.elsewhere}"


@dataclass(frozen=True, slots=True)
class Leaves:
    """`migrate` succeeds, and the database stays different from a fresh install. `differences`: of its schema; `missing`: data operations
    that never run."""

    differences: tuple[Problem, ...]
    missing: tuple[str, ...] = ()
    next_release: bool = False

    def __str__(self) -> str:
        said = list(map(str, self.differences))
        said += [f"{work} never runs" for work in self.missing]
        return f"{_when(self.next_release)} succeeds and leaves the database different: {'; '.join(said)}"


@dataclass(frozen=True, slots=True)
class Harmless:
    """The database is the same as with the manual step."""

    def __str__(self) -> str:
        return "`migrate` does no harm"


def _when(next_release: bool) -> str:
    return "the next release's `migrate`" if next_release else "`migrate`"


Forgotten = Stops | Damages | Leaves | Harmless


@dataclass(frozen=True, slots=True)
class Package:
    """An app that was an installed package on the patch branch and is in mainline's tree: the branch's
    databases have rows of it that its own tree does not contain. stitchback detects it because `child`
    depends on `parent` there. `said`: the configured first and last of its migrations that may be the last
    applied one in those databases; None if not configured.
    """

    label: str
    child: MigrationKey
    parent: MigrationKey
    said: tuple[MigrationKey, MigrationKey] | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch branch against mainline. `fork` is the tree of the merge base (of the two sides before the merge, where git
    has merged them already, or is about to: `merged`). `migrations`: what only the patch branch has, in an order that its graph allows.
    `mainline_had`: what mainline had right before the merge; a migration of the patch branch among them was cherry-picked. `is_least`: no branch, but
    a tree of mainline's past that every database has been migrated with at least. `uncommitted`: migrations that its commit does not have yet. In both trees
    are mainline's migrations of the `packages` of which the configuration says how far they were applied."""

    tree: Tree
    fork: Tree
    migrations: tuple[Migration, ...]
    merged: bool = False
    packages: tuple[Package, ...] = ()
    mainline_had: frozenset[MigrationKey] = frozenset()
    is_least: bool = False
    uncommitted: frozenset[MigrationKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """`zero_touch`: no population may need a manual step. `unreleased`: keys of mainline migrations that no
    database has. `sqlite`: whether there may be SQLite databases, which lose columns unknown to the models
    when a table is altered. `data`: the project's decisions about data operations. `accepted`: fork-point
    migrations that mainline has edited since and that the project declares correct for all of its databases.
    A plan is rehearsed on at most `rehearsed_databases`. `rehearsal_seconds`: of processor time; afterwards
    only databases that a proof requires are started, within `rehearsal_most_seconds`.
    """

    zero_touch: bool = False
    unreleased: frozenset[MigrationKey] = frozenset()
    strategy: str | None = None
    sqlite: bool = True
    data: tuple[DataAgreement, ...] = ()
    accepted: frozenset[MigrationKey] = frozenset()
    rehearsed_databases: int = REHEARSED_DATABASES
    rehearsal_seconds: float = REHEARSAL_SECONDS
    rehearsal_most_seconds: float = REHEARSAL_MOST_SECONDS


@dataclass(frozen=True, slots=True)
class Situation:
    """The input of planning. `mainline` is the tree before the plan, `matches` are by patch, in the patches'
    order.
    """

    patches: tuple[Patch, ...]
    mainline: Tree
    matches: tuple[tuple[Match, ...], ...]
    policy: Policy = Policy()
    ledgers: tuple[Ledger, ...] = ()

    @property
    def trees(self) -> tuple[Tree, ...]:
        """Mainline's tree, and that of each patch branch that has commits since the fork point."""
        own = (patch.tree for patch in self.patches if patch.tree.commit != patch.fork.commit)
        return (self.mainline, *own)


@dataclass(frozen=True, slots=True, order=True)
class ManualInsert:
    """A repair that a plan relies on: a database that has applied all of `applied` and has no row of `insert`
    gets that row, because `applied` created there what `insert` creates. `applied` are mainline migrations as
    they were before the plan.
    """

    insert: MigrationKey
    applied: tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What the user should know: about a patch migration, data operations on which populations, narrowing …; or about an app."""

    about: MigrationKey | None
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A strategy's proposal, not yet proved. `strategies`: app label -> strategy's name. `result` is
    mainline's tree afterwards.
    """

    strategies: Mapping[str, str]
    edits: tuple[FileEdit, ...]
    result: Tree
    manual_inserts: tuple[ManualInsert, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Population:
    """A group of databases with one history. `lineage`: one of the five below. `newest`: the migrations that
    its name says.
    """

    name: str  # "release/2.4 up to shop.0003_hotfix"
    lineage: str
    ref: str
    ledger: tuple[MigrationKey, ...]
    newest: tuple[MigrationKey, ...] = field(default=(), compare=False)


EVERY_DATABASE = "every database"  # a failure of the planned tree itself: no database can be migrated with it
FRESH = "fresh"
FORK = "fork point"  # the release from which the patch branch started
PATCHED = "patched"
MAINLINE = "mainline"
LEDGER = "ledger"  # a real database, given by its ledger

FailureKind = tuple[Step | str, Problem]  # where, and what


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a candidate is refused: which population, at which step of which rollout (or in which file), and what is
    wrong there. `git_brings_it`: whether what is missing is on the patch branch, so that git's merge brings it.
    """

    population: str
    rollout: str
    step: Step | str
    problem: Problem
    git_brings_it: bool = False

    @property
    def message(self) -> str:
        return self.problem.message

    @property
    def kind(self) -> FailureKind:
        """Equal for the same failure of several databases, and after several rollouts."""
        return self.step, self.problem

    def __str__(self) -> str:
        return f"{self.population}: {self.rollout}: {self.step}: {self.message}"


@dataclass(frozen=True, slots=True, order=True)
class FinishFirst:
    """A manual step: before the deployment the database is migrated to the end with the code that it is
    running, the tree of `ref` (in words, where that is mainline before git merged the patch branch). `target`: the last migration of each app that this applies.
    """

    ref: str
    target: tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class PopulationOutcome:
    """`finish`: what this population does first; `inserts`: the ledger rows that it then gets before the
    deployment. Neither: it needs no manual step.
    """

    population: Population
    inserts: tuple[MigrationKey, ...]
    rollouts: int
    will_run: tuple[MigrationKey, ...]  # by a full migrate, in order
    recorded: tuple[MigrationKey, ...]  # rows of the ledger afterwards
    forgotten: Forgotten | None = None  # what happens without the manual step; None if it needs none
    finish: FinishFirst | None = None

    @property
    def needs_manual_step(self) -> bool:
        return bool(self.inserts or self.finish)


@dataclass(frozen=True, slots=True)
class BrokenOnMainline:
    """A failure that occurs even without a plan. `population`: its name, and its `lineage`; `at`: the
    migration that fails, or the target of an earlier migrate. `acts`: the upgrade steps before the failure,
    empty for a plain migrate; other steps may lead to the same failure, and these are the first. `rehearsed`:
    whether only the rehearsal found it. `newest`: of the population.
    """

    population: str
    problem: Problem
    at: MigrationKey | None = None
    lineage: str = ""
    acts: tuple[str, ...] = ()
    rehearsed: bool = False
    newest: tuple[MigrationKey, ...] = ()

    @property
    def message(self) -> str:
        return self.problem.message

    def __str__(self) -> str:
        return f"{', '.join(filter(None, (self.population, ', then '.join(self.acts))))}: {self.message}"


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """The result of the rehearsal: Django executed the plan on SQLite, on `rehearsed` of `total` kinds of
    database. `aside`: descriptions of what could not be rehearsed unchanged.
    """

    django: str
    rehearsed: int
    total: int
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    django: str  # version, "5.2.19"
    outcomes: tuple[PopulationOutcome, ...]
    simulated_runs: int
    sliced_to: int  # how many migrations the graph held
    left_out: int  # how many migrations were left out as irrelevant
    bounded: tuple[str, ...] = ()  # descriptions of what was not tried; empty if everything was
    broken_on_mainline: tuple[BrokenOnMainline, ...] = ()
    agreed: tuple[str, ...] = ()  # accepted failures, with the reason of the decision
    rehearsal: RehearsalReport | None = None

    @property
    def manual_steps(self) -> int:
        """How many populations need a manual step."""
        return sum(1 for outcome in self.outcomes if outcome.needs_manual_step)

    @property
    def left_out_released(self) -> int:
        """How many fork points a plain migrate fails for."""
        return sum(1 for each in self.broken_on_mainline if each.lineage == FORK and not each.acts)

    @property
    def finishes_first(self) -> bool:
        """Whether a population has to be migrated to the end with the code that it is running first."""
        return any(outcome.finish for outcome in self.outcomes)

    @property
    def damages(self) -> bool:
        """Whether a forgotten manual step destroys values or runs data operations again."""
        return any(isinstance(outcome.forgotten, Damages) for outcome in self.outcomes)


_PROOF_TOKEN = object()


@dataclass(frozen=True, slots=True, init=False)
class SafePlan:
    """A candidate with its proof. Only `stitchback.proof` creates one; only a SafePlan can be written."""

    candidate: Candidate
    proof: Proof

    def __init__(self, candidate: Candidate, proof: Proof, *, token: object) -> None:
        if token is not _PROOF_TOKEN:
            raise TypeError("a SafePlan is made by stitchback.proof only")
        object.__setattr__(self, "candidate", candidate)
        object.__setattr__(self, "proof", proof)


@dataclass(frozen=True, slots=True)
class CandidateReach:
    """Which kinds of database a refused candidate migrates in every rollout, and which it fails for. A database that cannot be migrated even without a
    plan is in neither."""

    candidate: Candidate
    works: tuple[Population, ...]
    fails: tuple[Population, ...]


@dataclass(frozen=True, slots=True)
class Refuted:
    """A candidate that the proof refused, with the failures found first. `contradicted`: the result of the
    simulation, if it found no failure and only the rehearsal refuses (SB413). `missed`: databases that a
    proof requires and the rehearsal had no time for (SB414). `reach`: of a candidate that the rehearsal refuses;
    the simulation ends at the first failures, so `proof.reach` finds it for the others.
    """

    candidate: Candidate
    failures: tuple[Failure, ...]
    contradicted: Proof | None = None
    missed: tuple[str, ...] = ()
    reach: CandidateReach | None = None
