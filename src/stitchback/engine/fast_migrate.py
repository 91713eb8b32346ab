"""Simulates Django's `migrate` for thousands of databases without a full Django run for each.

Django itself builds each graph, resolves each target, and applies and records each migration once from each
state on each schema. Django also executes each call completely that it refuses or that the rules below do not
cover. This module reimplements, of `MigrationExecutor`:

* `migration_plan`: if all dependencies of applied migrations are applied and no target is, the plan is
  `forwards_plan` without the applied migrations;
* `_create_project_state`: the state is that of the applied migrations in full-plan order;
* `_migrate_all_forwards`: the migrations of the plan are applied one after the other, in full-plan order;
* `apply_migration`: the result depends on the migration, the state and the schema, and not on other rows.

`tests/unit/engine/test_executing.py` and `tests/django/test_engine_agrees.py` compare it with Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stitchback.engine.compiled_graph import CompiledGraph, LedgersOfOneGraph, shape_of
from stitchback.engine.database import DatabaseId, Name
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.executor import SymbolicExecutor
from stitchback.engine.migrate_command import SAYS_NO, MigrateOptions, Target, connection_at, run_error
from stitchback.engine.runs import RunError
from stitchback.engine.simulation import LoaderFiles, SymbolicMigration
from stitchback.engine.step_cache import RunState, StepCache, StepResult
from stitchback.model.keys import MigrationKey


class StartOfRun(NamedTuple):
    """What Django knows about a ledger when it starts to run migrations: the graph, the applied nodes, the
    state.
    """

    graph: CompiledGraph
    applied: int
    token: int


@dataclass(slots=True, eq=False)
class RunResult:
    """The end of a run: the database, the rows added at the end, and the error."""

    end: DatabaseId
    recorded: tuple[Name, ...] = ()
    error: RunError | None = None


@dataclass(slots=True, eq=False)
class RunPath:
    """The remainder of a full `migrate` from a database: the next migration and the path after it, both None
    at the end. `finish` is the same on the whole path. All full runs with the same remainder share one
    object.
    """

    place: DatabaseId
    key: MigrationKey | None
    rest: RunPath | None
    finish: RunResult

    def __iter__(self) -> Iterator[tuple[MigrationKey, DatabaseId]]:
        """Each migration, and the database after it."""
        way: RunPath | None = self
        while way is not None and way.key is not None and way.rest is not None:
            yield way.key, way.rest.place
            way = way.rest


class FastRun(NamedTuple):
    """A call of `migrate`, step by step."""

    steps: list[StepResult]
    finish: RunResult

    @property
    def recorded(self) -> list[Name]:
        """The rows that the run adds, in order."""
        rows = [row for step in self.steps for row in step.done.rows]
        return [*rows, *self.finish.recorded]


class FastMigrate:
    """Simulates `migrate` for one tree."""

    def __init__(self, files: LoaderFiles, memory: EngineCache) -> None:
        self.files, self.memory = files, memory
        self.replacing = memory.bits_of(files.replacing)
        self.graphs: dict[tuple[object, ...], CompiledGraph] = {}
        self.ledgers: dict[int, LedgersOfOneGraph | None] = {}
        self.positions: dict[int, StartOfRun | None] = {}
        self.spots = StepCache.of(memory)
        self.ways: dict[tuple[CompiledGraph, RunState, int], RunPath] = {}

    def walk(self, place: DatabaseId, target: Target | None, options: MigrateOptions) -> FastRun | None:
        """The run to the target. None if the caller must run Django."""
        position = self.position(place.rows)
        if position is None or options.fake or options.backwards:
            return None
        graph = position.graph
        aim = graph.aim(target, exact=options.exact)
        if aim is None or position.applied & aim.named or (graph.split and not options.in_spite_of_conflicts):
            return None
        return self.walked(graph, self.run_state(place, position.token), aim.needed & ~position.applied)

    def walked(self, graph: CompiledGraph, run_state: RunState, waiting: int) -> FastRun:
        steps: list[StepResult] = []
        while waiting:
            first = waiting & -waiting
            waiting ^= first
            step = self.step(run_state, graph.migrations[first.bit_length() - 1])
            if step.done.error is not None:
                return FastRun(steps, RunResult(run_state.place, error=run_error(step.done.error, step.key)))
            steps.append(step)
            run_state = step.run_state
        return FastRun(steps, self.finish(graph, run_state.place))

    def way(self, place: DatabaseId) -> RunPath | None:
        """The path of a full `migrate`. None if the caller must run Django."""
        position = self.position(place.rows)
        if position is None or position.graph.split:
            return None
        graph, run_state = position.graph, self.run_state(place, position.token)
        waiting = graph.all & ~position.applied
        passed: list[tuple[RunState, int, MigrationKey]] = []
        way = self.ways.get((graph, run_state, waiting))
        while way is None:
            if not waiting:
                way = self.ways[graph, run_state, 0] = RunPath(
                    run_state.place, None, None, self.finish(graph, run_state.place)
                )
                break
            first = waiting & -waiting
            step = self.step(run_state, graph.migrations[first.bit_length() - 1])
            if step.done.error is not None:
                finish = RunResult(run_state.place, error=run_error(step.done.error, step.key))
                way = self.ways[graph, run_state, waiting] = RunPath(run_state.place, None, None, finish)
                break
            passed.append((run_state, waiting, step.key))
            run_state, waiting = step.run_state, waiting ^ first
            way = self.ways.get((graph, run_state, waiting))
        for run_state, waiting, key in reversed(passed):
            way = self.ways[graph, run_state, waiting] = RunPath(run_state.place, key, way, way.finish)
        return way

    def finish(self, graph: CompiledGraph, place: DatabaseId) -> RunResult:
        recorded = graph.recorded_at_the_end(place)
        if not recorded:
            return RunResult(place)
        rows = place.rows | self.memory.bits_of(recorded)
        return RunResult(self.memory.place(rows, place.schema, place.data), recorded)

    def step(self, run_state: RunState, migration: SymbolicMigration) -> StepResult:
        step = run_state.after.get(migration.kind)
        return self.spots.step(run_state, migration, self.files) if step is None else step

    def run_state(self, place: DatabaseId, token: int) -> RunState:
        return self.spots.at(place, token)

    def unapplied(self, rows: int) -> tuple[MigrationKey, ...] | None:
        """The nodes of the graph that do not count as applied, sorted. None if the caller must run Django."""
        ledgers = self.ledgers_like(rows)
        return None if ledgers is None else ledgers.graph.unapplied(ledgers.applied(rows))

    def position(self, rows: int) -> StartOfRun | None:
        """The start of a run. None if Django refuses the ledger, or if an applied migration lacks a
        dependency.
        """
        if rows not in self.positions:
            self.positions[rows] = self.found(rows)
        return self.positions[rows]

    def found(self, rows: int) -> StartOfRun | None:
        ledgers = self.ledgers_like(rows)
        if ledgers is None:
            return None
        applied = ledgers.applied(rows)
        token = ledgers.graph.token(applied)
        if token is None or not ledgers.is_consistent(rows, applied):
            return None
        return StartOfRun(ledgers.graph, applied, token)

    def ledgers_like(self, rows: int) -> LedgersOfOneGraph | None:
        """The group of ledgers with the same graph as this one: a graph depends only on the rows that occur
        in `replaces` or have one. None if Django cannot build the graph.
        """
        part = rows & self.replacing
        if part not in self.ledgers:
            connection = connection_at(self.memory.place(part, 0, ()), self.files, self.memory)
            try:
                executor = SymbolicExecutor(connection, self.files)
                self.ledgers[part] = LedgersOfOneGraph(self.graph(executor), executor.loader.built)
            except SAYS_NO:
                self.ledgers[part] = None  # Django raises the error when a caller runs it on such a ledger
        return self.ledgers[part]

    def graph(self, executor: SymbolicExecutor) -> CompiledGraph:
        shape = shape_of(executor.loader.graph)
        graph = self.graphs.get(shape)
        if graph is None:
            graph = self.graphs[shape] = CompiledGraph(executor, self.files, self.memory)
        return graph
