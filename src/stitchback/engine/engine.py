"""Runs a tree's migrations with Django itself on symbolic databases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from stitchback.engine.database import DatabaseId, Name, SymbolicDatabase, as_key
from stitchback.engine.engine_cache import EMPTY_STATE, EngineCache
from stitchback.engine.fast_migrate import FastMigrate, FastRun, RunPath, RunResult
from stitchback.engine.loader_files import files_of
from stitchback.engine.migrate_command import (
    FORWARDS,
    MigrateOptions,
    Target,
    connection_at,
    connection_to,
    inconsistency,
    migrate,
    standing,
)
from stitchback.engine.runs import Run, RunError, Trace, TracePoint
from stitchback.engine.step_cache import StepResult
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerStanding
from stitchback.model.migrations import Tree


class Engine:
    """Django's loader, executor and recorder over one tree. Every result is cached.

    `memory` may be shared by engines over related trees. `settings`: values for swappable dependencies
    (`{"AUTH_USER_MODEL": "accounts.User"}`). `beside`: labels of installed, migrated apps that no migration
    depends on.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        memory: EngineCache | None = None,
        settings: Mapping[str, str] | None = None,
        beside: Iterable[str] = (),
    ) -> None:
        self.tree = tree
        self.memory = memory or EngineCache()
        self._files = files_of(tree, self.memory, settings or {}, beside)
        self._walks = FastMigrate(self._files, self.memory)
        self._runs: dict[tuple[SymbolicDatabase, Target | None, MigrateOptions], Run] = {}
        self._ways: dict[DatabaseId, RunPath] = {}
        self._asked: set[tuple[DatabaseId, Target]] = set()
        self._standings: dict[int, LedgerStanding | RunError] = {}

    @property
    def runs(self) -> int:
        """The number of different `migrate` calls that were simulated."""
        return len(self._runs) + len(self._ways) + len(self._asked)

    def migrate(
        self, database: SymbolicDatabase, target: Target | None = None, options: MigrateOptions = FORWARDS
    ) -> Run:
        """The result of `manage.py migrate [app [name]]` on the database. Never raises for what Django
        refuses: see `Run.error`.
        """
        asked = (database, target, options)
        run = self._runs.get(asked)
        if run is None:
            walk = self._walks.walk(self.place(database), target, options)
            if walk is None:
                connection = connection_to(database, self._files, self.memory)
                trace = migrate(connection, self._files, target, options)
            else:
                trace = run_in_detail(walk, database)
            run = self._runs[asked] = trace.run(self.memory)
        return run

    def go(self, place: DatabaseId, target: Target) -> FastRun | DetailedRun:
        """`migrate` from a database (`self.place`) to a target, as a short record."""
        self._asked.add((place, target))
        walk = self._walks.walk(place, target, FORWARDS)
        if walk is not None:
            return walk
        trace = migrate(connection_at(place, self._files, self.memory), self._files, target)
        return DetailedRun(trace.moments, RunResult(trace.end.place, (), trace.error))

    def way(self, place: DatabaseId) -> RunPath:
        """The path of a full `migrate` from this database."""
        way = self._ways.get(place)
        if way is None:
            way = self._ways[place] = self._walks.way(place) or self.run_by_django(place)
        return way

    def beside_django(self, place: DatabaseId) -> None:
        """Run the full `migrate` through Django as well. Raises RuntimeError if the result differs from
        `way`: this version of Django does not migrate as `FastMigrate` assumes.
        """
        ours, theirs = self.way(place), self.run_by_django(place)
        if ([*ours], ours.finish.end, ours.finish.error) != (
            [*theirs],
            theirs.finish.end,
            theirs.finish.error,
        ):
            raise RuntimeError(f"Django {django_version()} does not migrate as the simulation does")

    def run_by_django(self, place: DatabaseId) -> RunPath:
        trace = migrate(connection_at(place, self._files, self.memory), self._files, None)
        finish = RunResult(trace.end.place, (), trace.error)
        places = [place, *(each.place for each in trace.moments)]
        way = RunPath(places[-1], None, None, finish)
        for before, moment in zip(reversed(places[:-1]), reversed(trace.moments), strict=True):
            way = RunPath(before, moment.key, way, finish)
        return way

    def full(self, place: DatabaseId) -> tuple[tuple[MigrationKey, ...], tuple[MigrationKey, ...]]:
        """The migrations that a full `migrate` runs from there, and the rows afterwards, both in order
        (existing rows sorted).
        """
        walk = self._walks.walk(place, None, FORWARDS)
        if walk is None:
            trace = migrate(connection_at(place, self._files, self.memory), self._files, None)
            return trace.ran, tuple(map(as_key, trace.end.rows))
        rows = [*self.memory.rows_of(place.rows), *walk.recorded]
        return tuple(step.key for step in walk.steps), tuple(map(as_key, rows))

    def place(self, database: SymbolicDatabase) -> DatabaseId:
        """The database's id in `memory`."""
        return self.memory.place_of(database)

    def standing(self, database: SymbolicDatabase) -> LedgerStanding | RunError:
        """Which migrations Django's loader counts as applied for the database's ledger, or the error if it
        cannot build its graph.
        """
        return self.standing_at(self.place(database))

    def standing_at(self, place: DatabaseId) -> LedgerStanding | RunError:
        found = self._standings.get(place.rows)
        if found is None:
            connection = connection_at(place, self._files, self.memory)
            found = self._standings[place.rows] = standing(connection, self._files)
        return found

    def unapplied_at(self, place: DatabaseId) -> tuple[MigrationKey, ...] | RunError:
        """The nodes of the graph that do not count as applied, sorted, or the error if there is no graph."""
        found = self._walks.unapplied(place.rows)
        if found is not None:
            return found
        standing = self.standing_at(place)
        return standing.unapplied if isinstance(standing, LedgerStanding) else standing

    def models_at(self, place: DatabaseId) -> int | None:
        """The token of the models from which `migrate` starts there: the models after all applied migrations
        (`MigrationExecutor._create_project_state`). None if Django has no graph for the ledger. Raises
        InconsistentState.
        """
        standing = self.standing_at(place)
        if isinstance(standing, RunError):
            return None
        token = EMPTY_STATE
        graph = MigrationGraph.of(self.tree)
        if not graph.nodes.issuperset(standing.nodes):
            # Django's graph does not contain a partially applied squash. Its replaced migrations are there
            # instead.
            graph = MigrationGraph.raw(self.tree)
        for key in graph.order():
            if key in standing.applied and key in standing.nodes:
                token = self.memory.migration_effect(token, self.tree.migrations[key]).after
        return token

    def leaves(self, database: SymbolicDatabase | None = None) -> tuple[MigrationKey, ...]:
        """The leaf nodes of the graph for that database, or for a fresh install. Empty if there is no graph."""
        found = self.standing(database or SymbolicDatabase())
        return found.leaves if isinstance(found, LedgerStanding) else ()

    def unapplied(self, database: SymbolicDatabase) -> tuple[MigrationKey, ...]:
        """The nodes of the graph that do not count as applied, sorted. Empty if there is no graph."""
        found = self.standing(database)
        return found.unapplied if isinstance(found, LedgerStanding) else ()

    def inconsistency(self, database: SymbolicDatabase) -> RunError | None:
        """The error that Django raises before it runs a migration: it cannot build the graph, or a migration
        is applied before its dependency.
        """
        return inconsistency(connection_to(database, self._files, self.memory), self._files)


Stop = StepResult | TracePoint


class DetailedRun(NamedTuple):
    """A call of `migrate` that Django executed completely, step by step."""

    steps: tuple[TracePoint, ...]
    finish: RunResult


def run_in_detail(walk: FastRun, database: SymbolicDatabase) -> Trace:
    log: list[Name] = [(key.app, key.name) for key in database.ledger]
    data, moments = list(database.data), list[TracePoint]()
    for step in walk.steps:
        log.extend(step.done.rows)
        data.extend(step.done.data)
        moments.append(TracePoint(step.key, log, len(log), tuple(data), step.place))
    log.extend(walk.finish.recorded)
    end = TracePoint(None, log, len(log), tuple(data), walk.finish.end)
    return Trace(tuple(moments), end, walk.finish.error)


def django_version() -> str:
    """The version of Django that the engine runs, "5.2.19"."""
    import django

    return str(django.get_version())
