"""Proves a repaired database: Django's loader and executor run all its rollouts symbolically.

The rollouts: a full migrate, each app first, a stop after every relevant migration, and the next release. The result is compared with a fresh
install.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from stitchback.engine import DatabaseId, Engine, EngineCache, Run, RunError, SymbolicChecks, SymbolicDatabase
from stitchback.engine.rollouts import MOST_RUNS_BESIDE, Rollouts, UpgradeFailure
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.plans import Failure, FailureKind
from stitchback.model.problems import Problem, ProblemKind, Step
from stitchback.model.source import Opaque
from stitchback.upgrades.checks import differences_by_name
from stitchback.upgrades.next_release import empty_next_release
from stitchback.upgrades.paths import MIGRATE, NEXT_RELEASE, UpgradeStep, first_steps

MOST_FAILURES = 5


class LedgerProver:
    """Proves databases with one tree. Callable: returns the failures that occur first, empty on success."""

    def __init__(self, tree: Tree, memory: EngineCache) -> None:
        self.engine = Engine(tree, memory=memory)
        self.following = Engine(empty_next_release(tree), memory=memory)
        self.fresh = self.engine.migrate(SymbolicDatabase())
        self._found: dict[tuple[DatabaseId, int], tuple[Failure, ...]] = {}

    def __call__(self, database: SymbolicDatabase, end: PhysicalSchema | None = None) -> tuple[Failure, ...]:
        """Proves the database. `end`: the expected final schema, if it is not a fresh install's."""
        if self.fresh.error is not None:
            error = self.fresh.error
            return (_failed("a fresh install of the tree itself", error.step, error.problem),)
        wanted = self.engine.memory.schema_number(self.fresh.final.schema if end is None else end)
        asked = (self.engine.place(database), wanted)
        if asked not in self._found:
            found, _ = self._rollouts(wanted).explore(asked[0], thoroughly=True, passed=self._is_own)
            self._found[asked] = tuple(
                _failed(", then ".join(each.acts), each.step, each.problem) for each in found[:MOST_FAILURES]
            )
        return self._found[asked]

    @cached_property
    def own(self) -> frozenset[FailureKind]:
        """Failures of an empty database if one app is migrated before the others, in an order that the tree does not prescribe. The ledger does not
        cause them, and no row changes them."""
        found = set[FailureKind]()

        def passed(failure: UpgradeFailure) -> bool:
            if is_app_first(failure):
                found.add(failure.kind)
            return True

        end = self.engine.memory.schema_number(self.fresh.final.schema)
        self._rollouts(end).explore(self.engine.place(SymbolicDatabase()), thoroughly=True, passed=passed)
        return frozenset(found)

    def _is_own(self, failure: UpgradeFailure) -> bool:
        return is_app_first(failure) and failure.kind in self.own

    def end_of(self, database: SymbolicDatabase) -> PhysicalSchema | None:
        """The schema after a full migrate; None if that fails."""
        run = self.engine.migrate(database)
        return run.final.schema if run.error is None else None

    def forecast(self, database: SymbolicDatabase) -> tuple[Run, Run]:
        """A full migrate without changes, and the next release's after it."""
        now = self.engine.migrate(database)
        return now, self.following.migrate(now.final)

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

    def _rollouts(self, end: int) -> Rollouts:
        checks = RepairedEnd(self.engine, self.following, self.engine.place(self.fresh.final), end)
        return RepairedRollouts(checks, self.engine.runs + MOST_RUNS_BESIDE, self.focus)


class RepairedRollouts(Rollouts):
    """The rollouts of a repaired database. `focus`: where a stop, or an app that is migrated first, may make a difference."""

    def __init__(self, ends: SymbolicChecks, most_runs: int, focus: frozenset[MigrationKey]) -> None:
        super().__init__(ends, None, frozenset(), "", most_runs, focus)
        self.apps = sorted({key.app for key in focus})

    def first_steps(self, place: DatabaseId) -> Iterator[UpgradeStep]:
        """Each affected app first, and one unaffected app."""
        unapplied = self.result.unapplied_at(place)
        if self.apps and not isinstance(unapplied, RunError):
            others = sorted({key.app for key in unapplied} - set(self.apps))
            yield from first_steps((*self.apps, *others[:1]), ())


def is_app_first(failure: UpgradeFailure) -> bool:
    """Whether the rollout began with one app before the others."""
    if failure.path:
        return failure.path[0].target is not None
    return failure.did[0] not in (MIGRATE, NEXT_RELEASE)


class RepairedEnd(SymbolicChecks):
    """The checks of a repaired database. `end`: the number of the schema that it must have. The next release's migrations do nothing."""

    def __init__(self, result: Engine, following: Engine, fresh: DatabaseId, end: int) -> None:
        super().__init__(result, following, fresh, fresh)
        self.end = end

    def schema(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        if final.schema != self.end:
            schemas = self.result.memory.schemas_by_number
            yield from unlike(schemas[final.schema], schemas[fresh.schema])

    def data(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        ran, wanted = Counter(final.data), Counter(fresh.data)
        for kind, work in (
            (ProblemKind.WORK_REPEATED, ran - wanted),
            (ProblemKind.WORK_NOT_RUN, wanted - ran),
        ):
            if work:
                yield Problem.of(kind, tuple(sorted(work)))


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


def _failed(act: str, step: Step | str, problem: Problem) -> Failure:
    return Failure("this database", act, step, problem)
