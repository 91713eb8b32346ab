"""One population taken through every rollout, on real databases, and what must hold at the end of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import Keys, MigrateOutcome, ProjectGraph, ProjectSession
from stitchback.api.verification.real_baseline import Act, problem_of
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState, Migrate, Stop
from stitchback.api.verification.real_differences import schema_differences
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Failure, FailureKind
from stitchback.model.problems import Problem, ProblemKind

MOST = 40
AMBIGUOUS = "AmbiguityError"  # `migrate app name` takes prefixes: not a way that Django offers


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The tree that is judged, and the next release after it: `new` are that one's migrations."""

    session: ProjectSession
    following: ProjectSession
    graph: ProjectGraph
    apps: tuple[str, ...]
    new: Keys


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """A fresh install of the reconciled tree, and of the next release. `repeatable` and `missable`: fingerprints of data operations that
    need not run exactly once, as configured."""

    fresh: DatabaseState
    following: DatabaseState
    repeatable: frozenset[str] = frozenset()
    missable: frozenset[str] = frozenset()


RowsJudge = Callable[[DatabaseState], Iterator[Problem]]
Own = Callable[[tuple[Act, ...], Failure], bool]  # whether mainline comes to it by itself, by the same acts


@dataclass(slots=True)
class UpgradeTrial:
    """`rows` says what is wrong with the rows of a database at the end. Each problem is reported once per population and kind.

    `focus`: what the branches did since the fork point. Where more than MOST migrations are to be run, only those are targets, and
    only after those a run is stopped; `left_out` counts the others. Not `thorough`: a full migrate, then the next release's alone; all else is a
    matter of Django's loader and executor, and the same on every engine."""

    bench: DatabaseCache
    tree: Reconciled
    wanted: ExpectedOutcome
    population: str
    rows: RowsJudge
    focus: frozenset[MigrationKey] = frozenset()
    thorough: bool = True
    own: Own = lambda acts, difference: False
    rollouts: int = 0
    left_out: int = 0
    reached: list[tuple[str, DatabaseState]] = field(
        default_factory=list
    )  # on the way, by the reconciled tree

    def run(self, start: DatabaseState) -> Iterator[Failure]:
        """Every rollout from that database; yields the differences, none of them twice."""
        said: set[FailureKind] = set()
        for acts, difference in self._all(start):
            if difference.kind not in said and not self.own(acts, difference):
                said.add(difference.kind)
                yield difference

    def _all(self, start: DatabaseState) -> Iterator[tuple[tuple[Act, ...], Failure]]:
        """Each with what was done before it, in the words of `MainlinesOwn`."""
        yield from (((), each) for each in self._to_the_end(start, start, "migrate"))
        if not self.thorough:
            return
        yield from (((), each) for each in self._straight_to_the_next(start))
        for act in self._first_acts(start):
            step = self.bench.step(self.tree.session, start, act)
            if step.outcome.cause_class == AMBIGUOUS or step.outcome.unapplied:
                continue
            if step.state is None:
                self.rollouts += 1
                yield (act,), self._raised(str(act), str(act), step.outcome)
            else:
                self.reached.append((str(act), step.state))
                then = self._to_the_end(start, step.state, f"{act}, then migrate")
                yield from (((act,), each) for each in then)
        for stop in self._stops(start):
            self.reached.append((str(stop), stop.state))
            then = self._to_the_end(start, stop.state, f"{stop}, then migrate")
            yield from (((stop.key,), each) for each in then)

    def _first_acts(self, start: DatabaseState) -> Iterator[Migrate]:
        """Each app first, each migration that is not applied; of the tree's own, not of installed packages."""
        yield from (Migrate(app) for app in self.tree.apps)
        standing = self.bench.standing(self.tree.session, start)
        if isinstance(standing, Raised):
            return
        own = tuple(key for key in standing.unapplied if key.app in self.tree.apps)
        near = own if len(own) <= MOST else tuple(key for key in own if key in self.focus)
        self.left_out += len(own) - len(near)
        yield from (Migrate(key.app, key.name) for key in near)

    def _stops(self, start: DatabaseState) -> Iterator[Stop]:
        ran = self.bench.step(self.tree.session, start).outcome.ran
        own = tuple(key for key in ran if key.app in self.tree.apps)
        wanted = self.focus if len(own) > MOST else frozenset(own)
        yield from self.bench.stops(self.tree.session, start, wanted)

    def _to_the_end(self, start: DatabaseState, state: DatabaseState, rollout: str) -> Iterator[Failure]:
        """A full migrate, then the next release's."""
        self.rollouts += 1
        step = self.bench.step(self.tree.session, state)
        if step.state is None:
            yield self._raised(rollout, "migrate", step.outcome)
        else:
            for problem in self._wrong(start, step.state, self.wanted.fresh, self.tree.graph.order):
                yield Failure(self.population, rollout, "afterwards", problem)
            yield from self._next(start, step.state, f"{rollout}, then the next release", self.tree.new)

    def _straight_to_the_next(self, start: DatabaseState) -> Iterator[Failure]:
        """This release is skipped; the next one's migrate, and each app of it first."""
        yield from self._next(start, start, "the next release")
        for app in self.tree.apps:
            act = Migrate(app)
            rollout = f"the next release, {act}"
            step = self.bench.step(self.tree.following, start, act)
            if step.state is None:
                yield self._raised(rollout, str(act), step.outcome)
            else:
                yield from self._next(start, step.state, f"{rollout}, then migrate")

    def _next(
        self, start: DatabaseState, state: DatabaseState, rollout: str, expected: Keys | None = None
    ) -> Iterator[Failure]:
        self.rollouts += expected is None
        step = self.bench.step(self.tree.following, state)
        if step.state is None:
            yield self._raised(rollout, "migrate", step.outcome)
            return
        if expected is not None and set(step.outcome.ran) != set(expected):
            extra = tuple(sorted(set(step.outcome.ran) ^ set(expected)))
            problem = Problem.of(ProblemKind.NOT_ONLY_NEW_ONES, extra)
            yield Failure(self.population, rollout, "migrate", problem)
        nodes = (*self.tree.graph.order, *self.tree.new)
        for problem in self._wrong(start, step.state, self.wanted.following, nodes):
            yield Failure(self.population, rollout, "afterwards", problem)

    def _wrong(
        self, start: DatabaseState, final: DatabaseState, fresh: DatabaseState, nodes: Keys
    ) -> Iterator[Problem]:
        yield from schema_differences(final.schema, fresh.schema)
        yield from ledger_differences(start, final, nodes, fresh)
        yield from data_differences(final, fresh, self.wanted.repeatable, self.wanted.missable)
        yield from self.rows(final)

    def _raised(self, rollout: str, step: str, outcome: MigrateOutcome) -> Failure:
        return Failure(self.population, rollout, step, problem_of(outcome))


def ledger_differences(
    start: DatabaseState, final: DatabaseState, nodes: Keys, fresh: DatabaseState
) -> Iterator[Problem]:
    """Every node has its row, none has two that had not before, no row is gone, and what is new a fresh install has too."""
    counts, before = Counter(final.ledger), Counter(start.ledger)
    missing = tuple(key for key in nodes if not counts[key])
    if missing:
        yield Problem.of(ProblemKind.ROW_MISSING, missing)
    doubled = tuple(sorted(key for key, count in counts.items() if count > max(1, before[key])))
    if doubled:
        yield Problem.of(ProblemKind.ROW_REPEATED, doubled)
    gone = tuple(sorted(key for key in before if not counts[key]))
    if gone:
        yield Problem.of(ProblemKind.ROW_GONE, gone)
    strange = tuple(sorted(set(counts) - set(before) - set(fresh.ledger)))
    if strange:
        yield Problem.of(ProblemKind.ROW_STRANGE, strange)


def data_differences(
    final: DatabaseState,
    fresh: DatabaseState,
    repeatable: frozenset[str] = frozenset(),
    missable: frozenset[str] = frozenset(),
) -> Iterator[Problem]:
    """Data operations of one kind that ran more often than in a fresh install, since the database was made, or that did not run."""
    ran, should = Counter(final.data), Counter(fresh.data)
    for fingerprint in sorted(ran.keys() - repeatable):
        if should[fingerprint] and ran[fingerprint] > should[fingerprint]:
            times = ran[fingerprint], should[fingerprint]
            yield Problem.of(ProblemKind.DATA_RAN_TIMES, *times, fingerprint)
    agreed = sum((should - ran)[fingerprint] for fingerprint in missable)
    skipped = sum(should.values()) - sum(ran.values()) - agreed
    if skipped > 0:
        yield Problem.of(ProblemKind.DATA_SKIPPED, skipped)
