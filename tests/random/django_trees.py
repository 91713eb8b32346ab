"""Real Django over trees that are source text: its own loader, executor, recorder and schema editor, on one SQLite database in memory.

Only the reading of folders is replaced (`MigrationLoader.load_disk`), since a process sees many trees. A database is a value: the bytes
that SQLite serializes.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias

import django
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.transaction import TransactionManagementError

if not settings.configured:
    settings.configure(INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
django.setup()

MEMORY = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
# Whoever configured Django in this process before named no database.
connections.databases["default"] = connections.configure_settings(MEMORY)["default"]

Key: TypeAlias = tuple[str, str]


def empty() -> bytes:
    """A database without tables: SQLite serializes only one that has been written to."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript("CREATE TABLE t (c); DROP TABLE t; VACUUM;")
        return made.serialize()


EMPTY = empty()


class TreeProblem(Exception):
    """What `migrate` says before it runs anything: several leaf nodes."""


@dataclass(frozen=True, slots=True)
class DjangoTree:
    """Migrations by key, each one's class as its file defines it."""

    classes: Mapping[Key, type[Migration]]

    @classmethod
    def of(cls, texts: Mapping[Key, str], helpers: Mapping[str, str]) -> DjangoTree:
        """`helpers`: app -> the text of its steps.py."""
        return cls({key: migration_class(text, key, helpers.get(key[0], "")) for key, text in texts.items()})

    def with_class(self, key: Key, migration: type[Migration]) -> DjangoTree:
        return DjangoTree({**self.classes, key: migration})


@cache
def migration_class(text: str, key: Key, helper: str) -> type[Migration]:
    """What the file defines, executed beside a steps.py with this text."""
    steps = ModuleType(f"{key[0]}.steps")
    exec(compile(helper, f"{key[0]}/steps.py", "exec"), vars(steps))
    sys.modules[key[0]], sys.modules[f"{key[0]}.steps"] = ModuleType(key[0]), steps
    names: dict[str, Any] = {"__name__": f"{key[0]}.migrations.{key[1]}"}
    exec(compile(text, f"{key[0]}/migrations/{key[1]}.py", "exec"), names)
    found: type[Migration] = names["Migration"]
    return found


class TreeLoader(MigrationLoader):
    def __init__(self, tree: DjangoTree) -> None:
        self.tree = tree
        super().__init__(connection)

    def load_disk(self) -> None:
        self.disk_migrations = {key: made(key[1], key[0]) for key, made in self.tree.classes.items()}
        self.unmigrated_apps: set[str] = set()
        self.migrated_apps = {app for app, _ in self.tree.classes}


class TreeExecutor(MigrationExecutor):
    def __init__(self, tree: DjangoTree, progress: Callable[..., None] | None = None) -> None:
        self.connection = connection
        self.loader = TreeLoader(tree)
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = progress


@dataclass(frozen=True, slots=True)
class Stop:
    """The database after one migration of a run, and what was still to be run."""

    database: bytes
    done: Key
    remaining: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One `migrate`. `error`: what was raised, "" where nothing was; `database` is what it left behind, also then."""

    database: bytes
    ran: tuple[Key, ...]
    error: str = ""
    stops: tuple[Stop, ...] = ()
    whole_plan: tuple[Key, ...] = ()


def load(database: bytes) -> None:
    """A new connection to this database: SQLite's prepared statements do not notice that another one is in its place."""
    if connection.connection is not None:
        connection.connection.close()
        connection.connection = None
    connection.connect()
    connection.connection.deserialize(database)


def dump() -> bytes:
    saved: bytes = connection.connection.serialize()
    return saved


def migrate(tree: DjangoTree, database: bytes, *targets: Key, app: str = "", stops: bool = False) -> Run:
    """`migrate`, `migrate APP`, or `migrate APP NAME`, as the command does it."""
    load(database)
    ran: list[Key] = []
    seen: list[Stop] = []
    plan: list[Key] = []
    whole: list[Key] = []

    def progress(action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if action == "apply_success" and migration is not None:
            ran.append((migration.app_label, migration.name))
            if stops and len(ran) < len(plan):
                seen.append(Stop(dump(), ran[-1], tuple(plan[len(ran) :])))

    try:
        executor = ready(tree, progress)
        goals = list(targets) or [key for key in executor.loader.graph.leaf_nodes() if app in ("", key[0])]
        plan += keys_of(executor.migration_plan(goals))
        whole += keys_of(executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True))
        executor.migrate(goals, executor.migration_plan(goals))
    except Exception as error:  # noqa: BLE001 - whatever Django or a migration raises is the outcome
        return Run(dump(), tuple(ran), in_short(error), tuple(seen), tuple(whole))
    return Run(dump(), tuple(ran), "", tuple(seen), tuple(whole))


def ready(tree: DjangoTree, progress: Callable[..., None] | None = None) -> TreeExecutor:
    """What `migrate` checks before it runs anything. Raises what Django raises, and TreeProblem."""
    executor = TreeExecutor(tree, progress)
    executor.loader.check_consistent_history(connection)
    conflicts = executor.loader.detect_conflicts()
    if conflicts:
        several = "; ".join(
            f"{', '.join(sorted(names))} in {app}" for app, names in sorted(conflicts.items())
        )
        raise TreeProblem(f"Conflicting migrations detected; multiple leaf nodes: {several}")
    return executor


def keys_of(plan: Iterable[tuple[Migration, bool]]) -> tuple[Key, ...]:
    return tuple((migration.app_label, migration.name) for migration, _ in plan)


def in_short(error: BaseException) -> str:
    if isinstance(error, TransactionManagementError) and error.__cause__:
        error = error.__cause__  # what broke the transaction
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:400]


def pending(tree: DjangoTree, database: bytes) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """What a full `migrate` would run, and the plan for an empty database. Raises as `ready` does."""
    load(database)
    executor = ready(tree)
    ends = executor.loader.graph.leaf_nodes()
    return keys_of(executor.migration_plan(ends)), keys_of(executor.migration_plan(ends, clean_start=True))


def state_of(tree: DjangoTree) -> ProjectState:
    """The models at the leaves."""
    load(EMPTY)
    state: ProjectState = TreeLoader(tree).project_state()
    return state


def leaf_nodes(tree: DjangoTree) -> list[Key]:
    load(EMPTY)
    return list(TreeLoader(tree).graph.leaf_nodes())


def run_script(database: bytes, script: str) -> bytes:
    """What a SQL script makes of the database, as `sqlite3 FILE < SCRIPT` runs it."""
    load(database)
    connection.connection.executescript(script)
    return dump()


Schema: TypeAlias = dict[str, tuple[Any, ...]]
NAMED = ("ix_", "uq_", "ck_")  # names that the migrations give; Django makes up all others


@dataclass(frozen=True, slots=True)
class Content:
    """What a database holds: each table's columns, indexes and constraints; its rows; the recorded migrations."""

    schema: Schema
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    ledger: Counter[Key] = field(default_factory=Counter)


def content(database: bytes) -> Content:
    load(database)
    cursor = connection.connection.cursor()
    cursor.row_factory = None
    names = cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    schema: Schema = {}
    rows: dict[str, tuple[Mapping[str, Any], ...]] = {}
    ledger: Counter[Key] = Counter()
    for table, sql in names:
        if table == "django_migrations":
            ledger.update(tuple(row) for row in cursor.execute("SELECT app, name FROM django_migrations"))
            continue
        schema[table] = shape(cursor, table, sql)
        found = cursor.execute(f'SELECT * FROM "{table}"')
        columns = [each[0] for each in found.description]
        rows[table] = tuple(dict(zip(columns, row, strict=True)) for row in found)
    return Content(schema, rows, ledger)


def named_constraints(sql: str) -> tuple[str, ...]:
    """The CHECK and UNIQUE constraints of a CREATE TABLE that have a name, in no order."""
    found = []
    for start in re.finditer(r'CONSTRAINT "(?:ix|uq|ck)_', sql):
        depth = 0
        for at in range(sql.index("(", start.end()), len(sql)):
            depth += {"(": 1, ")": -1}.get(sql[at], 0)
            if depth == 0:
                found.append(sql[start.start() : at + 1])
                break
    return tuple(sorted(found))


def shape(cursor: Any, table: str, sql: str) -> tuple[Any, ...]:
    columns = tuple(
        sorted(
            (name, kind.lower(), bool(not_null), default, bool(pk))
            for _, name, kind, not_null, default, pk in cursor.execute(f'PRAGMA table_info("{table}")')
        )
    )
    indexes = []
    for _, name, unique, _, partial in cursor.execute(f'PRAGMA index_list("{table}")').fetchall():
        over = tuple(row[2] for row in cursor.execute(f'PRAGMA index_info("{name}")'))
        indexes.append((name if name.startswith(NAMED) else "", bool(unique), bool(partial), over))
    references = tuple(
        sorted((row[3], row[2], row[4]) for row in cursor.execute(f'PRAGMA foreign_key_list("{table}")'))
    )
    return columns, tuple(sorted(map(repr, indexes))), references, named_constraints(sql)


def table_of_state(state: ProjectState) -> Schema:
    """The schema that the models at the leaves ask for, made by the schema editor on an empty database."""
    load(EMPTY)
    with connection.schema_editor() as editor:
        for model in state.apps.get_models(include_auto_created=False):
            editor.create_model(model)
    return content(dump()).schema
