"""One population taken through every rollout, on real databases: the steps, the checks at the end, the baseline, and a kill within a migration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import Keys, MigrateOutcome, ProjectGraph, ProjectSession
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState, StoppedAt
from stitchback.api.verification.real_differences import schema_differences
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Failure, FailureKind
from stitchback.model.problems import Problem, ProblemKind, raised
from stitchback.upgrades.baseline import Baseline
from stitchback.upgrades.checks import FinalChecks, MigrateResult, Phase
from stitchback.upgrades.data_runs import DataRuns
from stitchback.upgrades.paths import FULL, MIGRATE, UpgradeStep, first_steps

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
Own = Callable[
    [tuple[UpgradeStep, ...], Failure], bool
]  # whether mainline comes to it by itself, by the same steps
WORDS = {Phase.MIGRATE: "", Phase.NEXT_RELEASE: ", then the next release"}


@dataclass
class UpgradeTrial(FinalChecks[DatabaseState]):
    """One population's upgrades, and their checks. `judge` says what is wrong with the rows of a database at the end. Each problem is reported once
    per population and kind.

    `focus`: what the branches did since the fork point. Where more than MOST migrations are to be run, only those are targets, and
    only after those a run is stopped; `left_out` counts the others. Not `thorough`: a full migrate, then the next release's alone; all else is a
    matter of Django's loader and executor, and the same on every engine."""

    bench: DatabaseCache
    tree: Reconciled
    wanted: ExpectedOutcome
    population: str
    judge: RowsJudge
    focus: frozenset[MigrationKey] = frozenset()
    thorough: bool = True
    own: Own = lambda path, failure: False
    rollouts: int = 0
    left_out: int = 0
    start: DatabaseState = field(init=False)
    reached: list[tuple[str, DatabaseState]] = field(
        default_factory=list
    )  # on the way, by the reconciled tree

    def __post_init__(self) -> None:
        self.fresh, self.fresh_next, self.new = self.wanted.fresh, self.wanted.following, self.tree.new

    def run(self, start: DatabaseState) -> Iterator[Failure]:
        """Every rollout from that database; yields the failures, none of them twice."""
        known: set[FailureKind] = set()
        self.start = start
        for path, failure in self._all(start):
            if failure.kind not in known and not self.own(path, failure):
                known.add(failure.kind)
                yield failure

    def _all(self, start: DatabaseState) -> Iterator[tuple[tuple[UpgradeStep, ...], Failure]]:
        """Each with the steps before it."""
        yield from (((), each) for each in self._to_the_end(start, MIGRATE))
        if not self.thorough:
            return
        yield from (((), each) for each in self._straight_to_the_next(start))
        for step in self._first_steps(start):
            done = self.bench.step(self.tree.session, start, step)
            if done.outcome.cause_class == AMBIGUOUS or done.outcome.unapplied:
                continue
            if done.state is None:
                self.rollouts += 1
                yield (step,), self._raised(str(step), str(step), done.outcome)
            else:
                yield from self._after(step, done.state)
        for step, state in self._stops(start):
            yield from self._after(step, state)

    def _after(
        self, step: UpgradeStep, state: DatabaseState
    ) -> Iterator[tuple[tuple[UpgradeStep, ...], Failure]]:
        self.reached.append((str(step), state))
        yield from (((step,), each) for each in self._to_the_end(state, f"{step}, then migrate"))

    def _first_steps(self, start: DatabaseState) -> Iterator[UpgradeStep]:
        """Of the tree's own apps, not of installed packages."""
        standing = self.bench.standing(self.tree.session, start)
        unapplied = () if isinstance(standing, Raised) else standing.unapplied
        own = tuple(key for key in unapplied if key.app in self.tree.apps)
        relevant = None if len(own) <= MOST else self.focus
        self.left_out += 0 if relevant is None else sum(key not in relevant for key in own)
        return first_steps(self.tree.apps, own, relevant)

    def _stops(self, start: DatabaseState) -> Iterator[StoppedAt]:
        ran = self.bench.step(self.tree.session, start).outcome.ran
        own = tuple(key for key in ran if key.app in self.tree.apps)
        wanted = self.focus if len(own) > MOST else frozenset(own)
        yield from self.bench.stops(self.tree.session, start, wanted)

    def _to_the_end(self, state: DatabaseState, rollout: str) -> Iterator[Failure]:
        """A full migrate, then the next release's."""
        self.rollouts += 1
        done = self.bench.step(self.tree.session, state)
        if done.state is None:
            yield self._raised(rollout, MIGRATE, done.outcome)
        else:
            for phase, step, problem in self.after_migrate(done.state):
                yield Failure(self.population, f"{rollout}{WORDS[phase]}", step, problem)

    def _straight_to_the_next(self, start: DatabaseState) -> Iterator[Failure]:
        """This release is skipped; the next one's migrate, and each app of it first."""
        yield from self._next(start, "the next release")
        for step in first_steps(self.tree.apps, ()):
            rollout = f"the next release, {step}"
            done = self.bench.step(self.tree.following, start, step)
            if done.state is None:
                yield self._raised(rollout, str(step), done.outcome)
            else:
                yield from self._next(done.state, f"{rollout}, then migrate")

    def _next(self, state: DatabaseState, rollout: str) -> Iterator[Failure]:
        self.rollouts += 1
        for _, step, problem in self.next_release(state, only_new=False):
            yield Failure(self.population, rollout, step, problem)

    def _raised(self, rollout: str, step: str, outcome: MigrateOutcome) -> Failure:
        return Failure(self.population, rollout, step, problem_of(outcome))

    def schema(self, final: DatabaseState, fresh: DatabaseState) -> tuple[Problem, ...]:
        return schema_differences(final.schema, fresh.schema)

    def ledger(self, final: DatabaseState, fresh: DatabaseState) -> Iterator[Problem]:
        order = self.tree.graph.order
        return ledger_differences(
            self.start, final, order if fresh is self.fresh else (*order, *self.new), fresh
        )

    def data(self, final: DatabaseState, fresh: DatabaseState) -> Iterator[Problem]:
        return data_differences(final, fresh, self.wanted.repeatable, self.wanted.missable)

    def rows(self, final: DatabaseState) -> Iterator[Problem]:
        return self.judge(final)

    def second_migrate(self, final: DatabaseState) -> tuple[Problem, ...]:
        """Whatever a second migrate would run, the next release's runs besides the new migrations."""
        return ()

    def migrate_next(self, start: DatabaseState) -> MigrateResult[DatabaseState]:
        done = self.bench.step(self.tree.following, start)
        if done.state is None:
            return MigrateResult(None, step=MIGRATE, problem=problem_of(done.outcome))
        return MigrateResult(done.state, done.outcome.ran)

    def not_only_new(self, keys: Keys) -> tuple[str, Problem]:
        return MIGRATE, Problem.of(ProblemKind.NOT_ONLY_NEW_ONES, keys)


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
    runs = DataRuns.of(final.data, fresh.data)
    for fingerprint in runs.repeated:
        if fingerprint not in repeatable:
            times = runs.ran[fingerprint], runs.should[fingerprint]
            yield Problem.of(ProblemKind.DATA_RAN_TIMES, *times, fingerprint)
    agreed = sum((runs.should - runs.ran)[fingerprint] for fingerprint in missable)
    skipped = sum(runs.should.values()) - sum(runs.ran.values()) - agreed
    if skipped > 0:
        yield Problem.of(ProblemKind.DATA_SKIPPED, skipped)


Failed = tuple[tuple[UpgradeStep, ...], Failure]  # the steps before it, and what failed


class RealBaselineFailures(Baseline[DatabaseState, Failed]):
    """`oracle`: mainline as it stands."""

    def __init__(self, bench: DatabaseCache, oracle: ProjectSession) -> None:
        self._bench = bench
        self._oracle = oracle
        self._met: dict[Problem, list[Failure]] = {}

    def has(self, starts: Iterable[DatabaseState], path: tuple[UpgradeStep, ...], failure: Failure) -> bool:
        found = self.reproduces((path, failure), starts)
        if found:
            self._met.setdefault(failure.problem, []).append(failure)
        return found

    def identity(self, failure: Failed) -> Problem:
        return failure[1].problem

    def fails_with(self, failure: Failed, start: DatabaseState) -> frozenset[Problem]:
        if self._fresh is None:
            return frozenset()
        state = start
        for step in (*failure[0], FULL):
            done = self._bench.after(self._oracle, state, step)
            if done is None:
                return frozenset()
            if done.state is None:
                return frozenset({problem_of(done.outcome)})
            state = done.state
        return frozenset(schema_differences(state.schema, self._fresh.schema))

    def messages(self) -> Iterator[str]:
        """Each kind once, with the first database that has it."""
        for first, *others in self._met.values():
            names = {each.population for each in others} - {first.population}
            more = f" and {len(names)} other kinds of database" if names else ""
            yield f"{first.population}{more}: left out, {first.rollout}: {first.message}: this happens on mainline even without the plan"

    @cached_property
    def _fresh(self) -> DatabaseState | None:
        return self._bench.step(self._oracle, self._bench.empty()).state


def problem_of(outcome: MigrateOutcome) -> Problem:
    """What Django or the database raised, by its class and the migration that ran. Where none ran, only Django's message says what it is about."""
    message = f"{outcome.error_class}: {outcome.error_message}".strip()
    return raised(outcome.error_class, message, outcome.failed or outcome.error_message)


MOST_KILLS = 12  # migrations within which `migrate` is killed


def half_way(
    bench: DatabaseCache, tree: Reconciled, start: DatabaseState, focus: frozenset[MigrationKey]
) -> Iterator[str]:
    """Which migrations, of those that are run from `start` on, no `migrate` gets over once it was killed after their first
    operation. That is so for any tool and any plan: a person has to finish them, and must know before."""
    ran = bench.step(tree.session, start).outcome.ran
    near = [key for key in ran if key in focus and key.app in tree.apps]
    stuck = [(key, said) for key in near[:MOST_KILLS] if (said := _killed_within(bench, tree, start, key))]
    if stuck:
        names = ", ".join(str(key) for key, _ in stuck)
        yield (
            f"killed within {names}, `migrate` cannot continue, because this engine keeps what was done "
            f"({stuck[0][0]}: {stuck[0][1]}); `stitchback inspect` reports how far such a migration got"
        )
    if len(near) > MOST_KILLS:
        yield f"not tried: a kill within each of the {len(near) - MOST_KILLS} migrations after {near[MOST_KILLS - 1]}"


def _killed_within(bench: DatabaseCache, tree: Reconciled, start: DatabaseState, key: MigrationKey) -> str:
    """What Django says the second time; "" where it goes on."""
    url = bench.scratch.copy(start.url)
    try:
        bench.migrations += 2
        if not tree.session.migrate(url, stop_amid=(key, 1)).stopped:
            return ""
        again = tree.session.migrate(url)
        return "" if again.went_well else f"{again.error_class}: {again.error_message}"
    finally:
        bench.scratch.drop(url)
