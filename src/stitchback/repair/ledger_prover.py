"""Proves a repaired database: Django's loader and executor run all its rollouts symbolically.

The rollouts: a full migrate, each app first, a stop after every relevant migration, and the next release. The result is compared with a fresh
install.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from stitchback.engine import Engine, EngineCache, Run, RunError, SymbolicDatabase
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.plans import Failure, FailureKind
from stitchback.model.problems import Moment, Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.upgrades.checks import FinalChecks, MigrateResult, Phase, WrongEnd, differences_by_name
from stitchback.upgrades.next_release import empty_next_release
from stitchback.upgrades.paths import FULL, MIGRATE, NEXT_RELEASE, UpgradeStep, first_steps

MOST_FAILURES = 5
MOST_STOPS = 200
WORDS = {Phase.MIGRATE: "", Phase.NEXT_RELEASE: ", then the next release's"}


@dataclass(frozen=True, slots=True)
class FailureOfRollout:
    """`app_first`: whether the rollout migrates one app before the others."""

    failure: Failure
    app_first: bool = False


class LedgerProver:
    """Proves databases with one tree. Callable: returns the failures that occur first, empty on success."""

    def __init__(self, tree: Tree, memory: EngineCache) -> None:
        self.engine = Engine(tree, memory=memory)
        self.following = Engine(empty_next_release(tree), memory=memory)
        self.new = self.following.tree.migrations.keys() - tree.migrations.keys()
        self.fresh = self.engine.migrate(SymbolicDatabase())
        self._found: dict[tuple[SymbolicDatabase, int], tuple[Failure, ...]] = {}

    def __call__(self, database: SymbolicDatabase, end: PhysicalSchema | None = None) -> tuple[Failure, ...]:
        """Proves the database. `end`: the expected final schema, if it is not a fresh install's."""
        place, wanted = database.canonical, self.fresh.final.schema if end is None else end
        asked = (place, self.engine.memory.schema_number(wanted))
        if asked not in self._found:
            found = (each.failure for each in self._failures(place, wanted) if not self._is_own(each))
            self._found[asked] = tuple(found)[:MOST_FAILURES]
        return self._found[asked]

    @cached_property
    def own(self) -> frozenset[FailureKind]:
        """Failures of an empty database if one app is migrated before the others, in an order that the tree does not prescribe. The ledger does not
        cause them, and no row changes them."""
        if self.fresh.error is not None:
            return frozenset()
        found = self._failures(SymbolicDatabase(), self.fresh.final.schema)
        return frozenset(each.failure.kind for each in found if each.app_first)

    def _is_own(self, found: FailureOfRollout) -> bool:
        return found.app_first and found.failure.kind in self.own

    def end_of(self, database: SymbolicDatabase) -> PhysicalSchema | None:
        """The schema after a full migrate; None if that fails."""
        run = self.engine.migrate(database)
        return run.final.schema if run.error is None else None

    def forecast(self, database: SymbolicDatabase) -> tuple[Run, Run]:
        """A full migrate without changes, and the next release's after it."""
        now = self.engine.migrate(database)
        return now, self.following.migrate(now.final)

    def _failures(self, database: SymbolicDatabase, end: PhysicalSchema) -> Iterator[FailureOfRollout]:
        if self.fresh.error is not None:
            yield FailureOfRollout(_failed("a fresh install of the tree itself", self.fresh.error))
            return
        reached = {database: ""}
        app_first: set[SymbolicDatabase] = set()
        queue = [database]
        for current in queue:
            is_after_app = current in app_first
            for failure in self._whole(current, reached[current], end):
                yield FailureOfRollout(failure, is_after_app)
            for act, run in self._first_steps(current):
                is_app_first = is_after_app or (current is database and act.target is not None)
                if run.error is not None and run.error.kind != "Backwards":
                    yield FailureOfRollout(_failed(f"{reached[current]}{act}", run.error), is_app_first)
                for step in run.steps:
                    if step.key not in self.focus or len(reached) >= MOST_STOPS:
                        continue
                    stopped = step.database.canonical
                    if stopped not in reached:
                        reached[stopped] = f"{reached[current]}{act}, stopped after {step.key}, then "
                        if is_app_first:
                            app_first.add(stopped)
                        queue.append(stopped)

    @cached_property
    def focus(self) -> frozenset[MigrationKey]:
        """Where a stop may make a difference: at squashes, at conditional migrations, and at their direct neighbours in the graph. Between other
        migrations, Django's graph does not depend on the applied set."""
        graph = MigrationGraph.of(self.engine.tree)
        special = [
            key
            for key, migration in self.engine.tree.migrations.items()
            if key in graph.nodes
            and (migration.ghosts or migration.provenance or any(map(is_conditional, migration.operations)))
        ]
        near = {other for key in special for other in (*graph.parents(key), *graph.children(key))}
        return frozenset({*special, *near})

    def _first_steps(self, database: SymbolicDatabase) -> Iterator[tuple[UpgradeStep, Run]]:
        """A full migrate; if it may make a difference, also each affected app first, and one unaffected app."""
        near = sorted({key.app for key in self.focus})
        others = sorted({key.app for key in self.engine.unapplied(database)} - set(near))
        for step in (FULL, *first_steps((*near, *others[:1]) if near else (), ())):
            yield step, self.engine.migrate(database, step.target)

    def _whole(self, database: SymbolicDatabase, before: str, end: PhysicalSchema) -> Iterator[Failure]:
        """A full migrate followed by the next release; and the next release directly."""
        run = self.engine.migrate(database)
        if run.error is not None:
            yield _failed(f"{before}{MIGRATE}", run.error)
            return
        checks = RepairedEnd(self.engine, self.following, self.new, self.fresh.final, end)
        for wrong in checks.after_migrate(run.final):
            yield _wrong(f"{before}{MIGRATE}{WORDS[wrong.phase]}", wrong)
        for wrong in checks.next_release(database, only_new=False):
            yield _wrong(f"{before}{NEXT_RELEASE}", wrong)


class RepairedEnd(FinalChecks[SymbolicDatabase]):
    """The checks of a repaired database. `end`: the schema that it must have."""

    def __init__(
        self,
        engine: Engine,
        following: Engine,
        new: Set[MigrationKey],
        fresh: SymbolicDatabase,
        end: PhysicalSchema,
    ) -> None:
        self.engine = engine
        self.following = following
        self.end = end
        self.fresh = fresh
        self.fresh_next = fresh  # its migrations do nothing
        self.new = new

    def schema(self, final: SymbolicDatabase, fresh: SymbolicDatabase) -> Iterator[Problem]:
        if final.schema != self.end:
            yield from unlike(final.schema, fresh.schema)

    def ledger(self, final: SymbolicDatabase, fresh: SymbolicDatabase) -> Iterator[Problem]:
        left = self.engine.unapplied(final)
        if left:
            yield Problem.of(ProblemKind.UNAPPLIED, left)

    def data(self, final: SymbolicDatabase, fresh: SymbolicDatabase) -> Iterator[Problem]:
        ran, wanted = Counter(final.data), Counter(fresh.data)
        for kind, work in (
            (ProblemKind.WORK_REPEATED, ran - wanted),
            (ProblemKind.WORK_NOT_RUN, wanted - ran),
        ):
            if work:
                yield Problem.of(kind, tuple(sorted(work)))

    def rows(self, final: SymbolicDatabase) -> tuple[Problem, ...]:
        """Symbolic databases have none."""
        return ()

    def second_migrate(self, final: SymbolicDatabase) -> tuple[Problem, ...]:
        """Whatever a second migrate would run, the next release's runs besides the new migrations."""
        return ()

    def migrate_next(self, start: SymbolicDatabase) -> MigrateResult[SymbolicDatabase]:
        run = self.following.migrate(start)
        if run.error is not None:
            return MigrateResult(None, step=run.error.step, problem=run.error.problem)
        return MigrateResult(run.final, run.ran)

    def not_only_new(self, keys: tuple[MigrationKey, ...]) -> tuple[Moment, Problem]:
        return Moment.AFTERWARDS, Problem.of(ProblemKind.RUNS_AGAIN, keys)


def is_conditional(operation: Operation | Opaque) -> bool:
    return isinstance(operation, Operation) and operation.conditional


def unlike(found: PhysicalSchema, wanted: PhysicalSchema) -> Iterator[Problem]:
    """The differences of the schema from a fresh install's, table by table."""

    def differing(name: str, ours: Table, theirs: Table) -> tuple[Problem]:
        parts = (
            (ours.columns, theirs.columns),
            (ours.indexes, theirs.indexes),
            (ours.constraints, theirs.constraints),
        )
        names = {key for mine, other in parts for key in {*mine, *other} if mine.get(key) != other.get(key)}
        return (Problem.of(ProblemKind.TABLE_DIFFERS, name, tuple(sorted(names)) or "its comment"),)

    kinds = ProblemKind.TABLE_LACKING, ProblemKind.TABLE_UNEXPECTED
    return differences_by_name(found.tables, wanted.tables, kinds, differing)


def _failed(act: str, error: RunError) -> Failure:
    return Failure("this database", act, error.step, error.problem)


def _wrong(act: str, wrong: WrongEnd) -> Failure:
    return Failure("this database", act, wrong.step, wrong.problem)
