"""Django's executor over a symbolic database: connection, migrations, loader and executor."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration as DjangoMigration
from django.db.migrations.exceptions import CircularDependencyError, InconsistentMigrationHistory

from stitchback.engine.database import DatabaseId, Name
from stitchback.engine.engine_cache import EMPTY_STATE, EngineCache
from stitchback.engine.ledger_recorder import LedgerLoader, LedgerRecorder
from stitchback.engine.runs import TracePoint
from stitchback.graph.refused_by_django import applied_too_early, cycle_in
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.problems import Problem


class DatabaseClash(Exception):
    """An operation does not fit the database, as in `ProgrammingError: column … already exists`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class BrokenGraph(Exception):
    """Django's loader or executor refuses the tree or the ledger, or fails on it with an exception that it does not intend (FACTS F24, before
    6.0). `kind`: the class of its exception; `objects`: what that names."""

    def __init__(self, kind: str, message: str, objects: tuple[Hashable, ...] = ()) -> None:
        super().__init__(message)
        self.kind, self.objects = kind, objects


class WouldUnapply(Exception):
    """Django would unapply migrations, and the caller did not allow that."""


@dataclass(slots=True)
class LedgerConnection:
    """The parts of a connection that Django's loader and executor use. `installed` are migrations of apps
    outside the tree: applied, whatever the ledger contains. `present` are the rows as bits, `schema` is a
    number of the `EngineCache`.
    """

    memory: EngineCache
    rows: list[Name]
    present: int
    schema: int
    data: list[str]
    installed: frozenset[Name]
    alias: str = "default"

    def write(self, row: Name) -> None:
        self.rows.append(row)
        self.present |= self.memory.bit(row)

    def erase(self, row: Name) -> None:
        self.rows = [other for other in self.rows if other != row]  # a new list, as moments keep the old one
        self.present &= ~self.memory.bit(row)

    def moment(self, key: MigrationKey | None) -> TracePoint:
        return TracePoint(key, self.rows, len(self.rows), tuple(self.data), self.place)

    @property
    def place(self) -> DatabaseId:
        return self.memory.place(self.present, self.schema, tuple(sorted(self.data)))

    def schema_editor(self, *, atomic: bool = True) -> SchemaEditor:
        return SchemaEditor(self)


@dataclass(slots=True)
class SchemaEditor:
    connection: LedgerConnection
    deferred_sql: tuple[str, ...] = ()

    def __enter__(self) -> SchemaEditor:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class SymbolicMigration(DjangoMigration):  # type: ignore[misc]
    """A migration of the tree as Django's graph and executor use it. Its state is a token of the
    `EngineCache`, stored on Django's ProjectState, which stays empty.
    """

    def __init__(
        self, migration: Migration, dependencies: list[Name], run_before: list[Name], memory: EngineCache
    ) -> None:
        super().__init__(migration.key.name, migration.key.app)
        self.dependencies = dependencies
        self.run_before = run_before
        names = (name for name in migration.replaces if isinstance(name, MigrationKey))
        self.replaces = [(name.app, name.name) for name in names]
        self.initial = migration.initial
        self.content = migration
        self.memory = memory
        self.number = memory.number(migration)
        self.kind = -1  # set by `files_of`
        self.hashed = super().__hash__()

    def __eq__(self, other: object) -> bool:
        return self is other or bool(super().__eq__(other))

    def __hash__(self) -> int:
        return int(self.hashed)

    def mutate_state(self, project_state: Any, preserve: bool = True) -> Any:
        state = project_state.clone() if preserve else project_state
        state.token = self.memory.after(token_of(project_state), self.content, self.number)
        return state

    def apply(self, project_state: Any, schema_editor: SchemaEditor, collect_sql: bool = False) -> Any:
        connection, before = schema_editor.connection, token_of(project_state)
        outcome = self.memory.outcome_on(connection.schema, before, self.content, self.number)
        if outcome.clash is not None:
            raise DatabaseClash(outcome.clash)
        connection.schema = outcome.number
        connection.data.extend(outcome.data)
        return self.mutate_state(project_state, preserve=False)

    def unapply(self, project_state: Any, schema_editor: SchemaEditor, collect_sql: bool = False) -> Any:
        connection, before = schema_editor.connection, token_of(project_state)
        outcome = self.memory.undone_on(connection.schema, before, self.content)
        if outcome.clash is not None:
            raise DatabaseClash(outcome.clash)
        connection.schema = outcome.number
        return project_state


def token_of(project_state: Any) -> int:
    return int(getattr(project_state, "token", EMPTY_STATE))


class SymbolicLoader(LedgerLoader):  # type: ignore[misc]
    """Django's loader over a tree. Its graph depends on the ledger only through the names in `replaces`, so
    it is built once for each such part of a ledger (`shelf`).
    """

    def __init__(self, connection: LedgerConnection, files: LoaderFiles) -> None:
        self.files = files
        super().__init__(connection)

    def load_disk(self) -> None:
        self.disk_migrations = self.files.migrations
        self.unmigrated_apps = set(self.files.unmigrated)
        self.migrated_apps = set(self.files.migrated)

    def build_graph(self) -> None:
        rows = set(self.connection.rows)
        place = (self.replace_migrations, frozenset(self.files.replacing.intersection(rows)))
        built = self.files.shelf.get(place)
        if built is None:
            built = self.files.shelf[place] = self.graph_of(rows)
        self.load_disk()
        self.built, self.graph, self.replacements = built, built.graph, built.replacements
        applied = LedgerRecorder(self.connection).applied_migrations()
        applied.update(dict.fromkeys(built.counted, True))
        self.applied_migrations = {key: True for key in applied if key not in built.discounted}

    def check_consistent_history(self, connection: LedgerConnection) -> None:
        try:
            super().check_consistent_history(connection)
        except InconsistentMigrationHistory as error:
            names = applied_too_early(self, LedgerRecorder(connection).applied_migrations())
            raise BrokenGraph(type(error).__name__, str(error), names) from error

    def graph_of(self, rows: set[Name]) -> BuiltGraph:
        """The result of Django's own `build_graph` for the ledger. Raises BrokenGraph for the exceptions that
        Django does not intend: KeyError, ValueError (a dependency on an app without migrations).
        """
        try:
            super().build_graph()
        except CircularDependencyError as error:
            names = cycle_in(self.graph)
            raise BrokenGraph(type(error).__name__, ", ".join(map(str, names)), names) from error
        except (KeyError, ValueError) as error:
            raise BrokenGraph(type(error).__name__, str(error), error.args) from error
        for node in self.graph.node_map.values():
            # Django has sets here. They are sorted so that it always reports the same error first.
            node.parents, node.children = sorted(node.parents), sorted(node.children)
        self.graph.forwards_plan = remembered(self.graph.forwards_plan)
        self.graph.leaf_nodes = remembered(self.graph.leaf_nodes)
        applied = set(self.applied_migrations)
        present = rows | self.connection.installed
        return BuiltGraph(
            self.graph, self.replacements, frozenset(applied - present), frozenset(present - applied)
        )


@dataclass(frozen=True, slots=True)
class BuiltGraph:
    """`counted`: migrations that count as applied without a row; `discounted`: those that do not count
    although they have one.
    """

    graph: Any
    replacements: Any
    counted: frozenset[Name]
    discounted: frozenset[Name]


@dataclass(frozen=True, slots=True)
class LoaderFiles:
    """The files that Django would read from disk. `replacing`: every name in `replaces` and every migration
    that has one.

    `shelf`: the graphs that Django has built so far, by the part of `replacing` that is applied.
    """

    migrations: dict[Name, Any]
    migrated: frozenset[str]
    unmigrated: frozenset[str]
    installed: frozenset[Name]
    replacing: frozenset[Name]
    shelf: dict[tuple[bool, frozenset[Name]], BuiltGraph]


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    answers: dict[Any, Any] = {}

    def answer(argument: Any = None) -> Any:
        if argument not in answers:
            answers[argument] = function(argument)
        return answers[argument]

    return answer
