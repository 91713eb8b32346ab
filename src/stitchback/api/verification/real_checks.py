"""All of it on one engine: the populations, the repair of each, the rollouts of each, the comparison with a fresh install, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import pairwise

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import MigrateOutcome
from stitchback.api.verification.expected_rows import ExpectedRows
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState, Remedy
from stitchback.api.verification.real_differences import Old, schema_differences, wrong_install
from stitchback.api.verification.real_populations import BranchTrees, TestDatabase, TestDatabases
from stitchback.api.verification.upgrade_paths import (
    ExpectedOutcome,
    RealBaselineFailures,
    Reconciled,
    RowsJudge,
    UpgradeTrial,
    half_way,
    problem_of,
)
from stitchback.errors import Refusal
from stitchback.model.configuration import DataAgreement
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FORK, MAINLINE, Failure
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.verify_reports import EngineReport, PopulationReport
from stitchback.upgrades.baseline import is_excusable
from stitchback.upgrades.histories import FRESH_INSTALL, runs_code_of
from stitchback.upgrades.paths import UpgradeStep

Repair = Callable[
    [str], str
]  # a database's URL -> its script, "" where nothing is to be done; raises Refusal where none is known
Progress = Callable[[str], None]
ITSELF = "the reconciled tree"


@dataclass(frozen=True, slots=True)
class ManualRepair:
    """The repair before the deploy: `repair` gives the script, `manual_repair` runs it. `lineages` are those that may need one, `finishing`
    those that may be migrated to the end with their old code before."""

    repair: Repair
    manual_repair: Remedy
    lineages: frozenset[str] = frozenset({MAINLINE})
    finishing: frozenset[str] = frozenset()


def data_of(install: MigrateOutcome, keys: Set[MigrationKey]) -> frozenset[str]:
    """The fingerprints of what these migrations did to data in a fresh install."""
    ends = zip(install.ran, pairwise((0, *install.data_at)), strict=False)
    return frozenset(name for key, (start, end) in ends if key in keys for name in install.data[start:end])


def not_loaded(vendor: str, raised: Raised) -> EngineReport:
    """Of a reconciled tree that Django cannot even load."""
    difference = Failure(
        ITSELF, "as it is", "loading", Problem(ProblemKind.NO_TREE, (raised.error_class,), str(raised))
    )
    return EngineReport(vendor, "", (), (difference,), (), 0)


@dataclass
class EngineChecks:
    bench: DatabaseCache
    branches: BranchTrees
    tree: Reconciled
    manual: ManualRepair
    progress: Progress = lambda text: None
    thorough: bool = True  # see Trial
    agreements: tuple[DataAgreement, ...] = ()
    focus: frozenset[MigrationKey] = frozenset()
    reached: list[tuple[str, str, DatabaseState]] = field(default_factory=list)
    repaired_states: set[str] = field(default_factory=set)

    @cached_property
    def baseline_failures(self) -> RealBaselineFailures:
        return RealBaselineFailures(self.bench, self.branches.untouched)

    def judged(self) -> EngineReport:
        databases = self.databases()
        fresh = self.fresh_installs()
        if isinstance(fresh, Failure):
            return self.report(databases, (), (fresh,))
        expectations = ExpectedRows(self.bench, self.branches, databases)
        expected = expectations.rows_judges()
        populations = tuple(
            self.population(kind, fresh, expected[kind.database.digest], databases)
            for kind in databases.kinds
        )
        found = tuple(difference for each in populations for difference in each.differences)
        for said in self.baseline_failures.messages():
            databases.add_remark(said)
        self.half_way(databases)
        own = (*self.leaves(), *self.install(expectations, fresh), *self.one_ledger_two_schemas(databases))
        return self.report(databases, populations, (*own, *found))

    def report(
        self,
        databases: TestDatabases,
        populations: tuple[PopulationReport, ...],
        differences: tuple[Failure, ...],
    ) -> EngineReport:
        return EngineReport(
            self.bench.scratch.vendor,
            self.tree.session.django,
            populations,
            differences,
            tuple(databases.remarks),
            self.bench.migrations,
        )

    def databases(self) -> TestDatabases:
        databases = TestDatabases(self.bench, self.branches)
        self.progress("creating databases with the code of each branch")
        databases.create(tuple(zip(self.branches.forks, self.branches.patches, strict=True)), ITSELF)
        shared = frozenset(key for kind in databases.of_lineage(FORK) for key in kind.population.ledger)
        for line in self.branches.releases:
            databases.deployed(line, shared)
        self.focus = frozenset(self.tree.graph.order) - shared
        return databases

    def half_way(self, databases: TestDatabases) -> None:
        """Reported, not judged: the engine causes it."""
        start = next((kind.database for kind in databases.of_lineage(FORK)), None)
        if self.bench.scratch.vendor != "mysql" or start is None:
            return
        self.progress("kills within migrations")
        for remark in half_way(self.bench, self.tree, start, self.focus):
            databases.add_remark(remark)

    def fresh_installs(self) -> ExpectedOutcome | Failure:
        """Of the reconciled tree and of the next release after it; what Django says where there is none."""
        first = self.bench.step(self.tree.session, self.bench.empty())
        if first.state is None:
            return self._no_install("migrate", first.outcome)
        then = self.bench.step(self.tree.following, first.state)
        if then.state is None:
            return self._no_install("the next release", then.outcome)
        repeatable = {each.migration for each in self.agreements if each.may_repeat}
        missable = {each.migration for each in self.agreements if each.may_miss}
        return ExpectedOutcome(
            first.state,
            then.state,
            data_of(first.outcome, repeatable),
            data_of(first.outcome, missable),
        )

    def _no_install(self, step: str, outcome: MigrateOutcome) -> Failure:
        return Failure(FRESH_INSTALL, "migrate", step, problem_of(outcome))

    def leaves(self) -> Iterator[Failure]:
        """Exactly one leaf an app."""
        counts = Counter(leaf.app for leaf in self.tree.graph.leaves)
        for app in sorted(app for app, count in counts.items() if count > 1):
            names = ", ".join(leaf.name for leaf in self.tree.graph.leaves if leaf.app == app)
            problem = Problem(ProblemKind.SEVERAL_LEAVES, (app, names), f"{app} has several leaves: {names}")
            yield Failure(ITSELF, "as it is", "graph", problem)

    def install(self, expectations: ExpectedRows, wanted: ExpectedOutcome) -> Iterator[Failure]:
        """A fresh install is what mainline's was, with what only the patches had."""
        mainline = self.bench.step(self.branches.oracle, self.bench.empty()).state
        if mainline is None:
            return
        pairs = [(fork.schema, after.schema) for fork, after in expectations.patched()]
        for problem in wrong_install(
            wanted.fresh.schema, Old(mainline.schema, tuple(pairs), expectations.moved())
        ):
            yield Failure(ITSELF, "fresh install", "schema", problem)

    def one_ledger_two_schemas(self, databases: TestDatabases) -> Iterator[Failure]:
        """A repair by the ledger is applied to every database that has this ledger (FACTS F28)."""
        by_ledger = {
            frozenset(each.database.ledger): each
            for each in databases.kinds
            if each.database.digest in self.repaired_states
        }
        said: set[str] = set()
        for population, act, state in self.reached:
            twin = by_ledger.get(frozenset(state.ledger))
            if twin is None or twin.population.name in said or twin.database.schema == state.schema:
                continue
            said.add(twin.population.name)
            found = schema_differences(state.schema, twin.database.schema)
            what = "; ".join(map(str, found)).replace("a fresh install", "that one")
            message = (
                f"same ledger as {twin.population.name}, which gets a repair, and another schema: {what}"
            )
            problem = Problem(ProblemKind.REPAIR_DIFFERS, (twin.population.name, found), message)
            yield Failure(population, act, "repair", problem)

    def excused(self, kind: TestDatabase, say: Progress) -> bool:
        """Whether mainline's own tree fails there without any change of ours, and no repair is known."""
        if not is_excusable(kind.population, plainly=True):
            return False
        outcome = self.bench.step(self.branches.untouched, kind.database).outcome
        if outcome.error_class:
            said = f"{outcome.error_class}: {outcome.error_message}"
            say(f"{kind.population.name}: left out, mainline fails there even without the plan: {said}")
        return bool(outcome.error_class)

    def is_mainlines_own(
        self,
        kind: TestDatabase,
        starts: Sequence[DatabaseState],
        acts: tuple[UpgradeStep, ...],
        difference: Failure,
    ) -> bool:
        return is_excusable(kind.population, plainly=not acts) and self.baseline_failures.has(
            starts, acts, difference
        )

    def population(
        self, kind: TestDatabase, wanted: ExpectedOutcome, rows: RowsJudge, databases: TestDatabases
    ) -> PopulationReport:
        """The upgrades of one database; after it has finished its old release first where it fails as it is and the plan asks for that."""
        self.progress(kind.population.name)
        found = self.tried(kind, wanted, rows, databases)
        finished = self.finished(kind) if found.differences else None
        if finished is None:
            return found
        later = self.tried(replace(kind, database=finished), wanted, rows, databases)
        return found if later.differences else replace(later, finished_first=True)

    def finished(self, kind: TestDatabase) -> DatabaseState | None:
        """The database, migrated to the end by its branch's code before the plan; None where that changes nothing, or may not be asked for."""
        population = kind.population
        if population.lineage not in self.manual.finishing:
            return None
        trees = (*self.branches.mainlines[:1], *self.branches.patches)
        for tree in trees:
            if runs_code_of(population, tree.lineage, tree.ref):
                state = self.bench.step(tree.session, kind.database).state
                return state if state and state.digest != kind.database.digest else None
        return None

    def tried(
        self, kind: TestDatabase, wanted: ExpectedOutcome, rows: RowsJudge, databases: TestDatabases
    ) -> PopulationReport:
        population = kind.population
        start, script, differences = self.repaired(kind)
        own = partial(self.is_mainlines_own, kind, databases.without_patch(kind.population, kind.database))
        trial = UpgradeTrial(
            self.bench, self.tree, wanted, population.name, rows, self.focus, self.thorough, own
        )
        found = (*differences, *trial.run(start))
        if found and not script and self.excused(kind, databases.add_remark):
            found = ()
        self.reached += [(population.name, act, state) for act, state in trial.reached]
        if script:
            self.repaired_states.add(kind.database.digest)
        if trial.left_out:
            databases.add_remark(
                f"{population.name}: {trial.left_out} migrations before the fork point were not tried as targets"
            )
        ran = self.bench.step(self.tree.session, start).outcome.ran
        return PopulationReport(
            population.name,
            population.lineage,
            population.ledger,
            script,
            ran,
            trial.rollouts,
            found,
            kind.database.unfilled,
            databases.also(kind),
        )

    def repaired(self, kind: TestDatabase) -> tuple[DatabaseState, str, tuple[Failure, ...]]:
        """The database as it goes into the deploy, the script that was run, and what was wrong with that."""
        name = kind.population.name
        try:
            script = self.manual.repair(kind.database.url)
        except Refusal as refusal:
            problem = Problem(ProblemKind.REFUSED, (refusal.code,), f"refused: {refusal.message}")
            refused = Failure(name, "repair", "repair", problem)
            return kind.database, "", (refused,)
        if not script:
            return kind.database, "", ()
        session, manual_repair = self.tree.session, self.manual.manual_repair
        once, twice = self.bench.repaired(session, kind.database, script, manual_repair)
        said = tuple(
            Failure(name, "repair", "repair", Problem.of(ProblemKind.REPAIR_WRONG, what))
            for what in self._wrong_repair(kind, once, twice)
        )
        return once, script, said

    def _wrong_repair(self, kind: TestDatabase, once: DatabaseState, twice: DatabaseState) -> Iterator[str]:
        before = kind.database
        if kind.population.lineage not in self.manual.lineages:
            yield f"a {kind.population.lineage} database needs a manual step"
        if once.digest == before.digest:
            yield "the script changes nothing"
        if once.schema != before.schema or once.rows != before.rows:
            yield "the script changes more than django_migrations"
        if twice.digest != once.digest:
            yield "the script changes something when it is run again"
        if self.manual.repair(once.url):
            yield "the database needs another repair after the repair"
