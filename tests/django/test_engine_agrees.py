"""The engine beside real Django: random trees, histories and tampered ledgers, act by act on SQLite and symbolically."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from conditional_databases import database
from django.core.management.base import CommandError
from django.db import models
from django.db.migrations import Migration as DjangoMigration
from django.db.migrations import operations as django_operations
from django.db.migrations.exceptions import (
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_values import migration_of

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.engine.migrate_command import ConflictingMigrations, refuse_conflicts
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree

Files = dict[tuple[str, str], DjangoMigration]
APPS = ("blog", "shop")
OF_THE_GRAPH = (
    InconsistentMigrationHistory,
    NodeNotFoundError,
    CircularDependencyError,
    ConflictingMigrations,
    CommandError,
)


class RealLoader(MigrationLoader):  # type: ignore[misc]
    def __init__(self, connection: Any, files: Files) -> None:
        self.files = files
        super().__init__(connection)

    def load_disk(self) -> None:
        self.disk_migrations = dict(sorted(self.files.items()))
        self.unmigrated_apps: set[str] = set()
        self.migrated_apps = {app for app, _ in self.files}


class RealExecutor(MigrationExecutor):  # type: ignore[misc]
    def __init__(self, connection: Any, files: Files) -> None:
        self.connection = connection
        self.loader = RealLoader(connection, files)
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind` is the class of what was raised, "other" for what is not of Django's making, "" where all went well."""

    kind: str
    message: str
    ledger: tuple[tuple[str, str], ...]
    columns: frozenset[tuple[str, str]]


def really(connection: Any, files: Files, target: tuple[str, str | None] | None) -> Outcome:
    """As `Command.handle`, with forward plans only."""
    kind = message = ""
    try:
        executor = RealExecutor(connection, files)
        executor.loader.check_consistent_history(connection)
        refuse_conflicts(executor.loader)
        leaves = executor.loader.graph.leaf_nodes()
        targets = [leaf for leaf in leaves if target is None or leaf[0] == target[0]]
        if target is not None and target[1] is not None:
            incomplete = executor.loader.replacements.get(target)
            gone = target not in executor.loader.graph.nodes and incomplete
            targets = [tuple(incomplete.replaces[-1]) if gone else target]
        plan = executor.migration_plan(targets)
        if any(backwards for _, backwards in plan):
            kind = "Backwards"
        else:
            executor.migrate(targets, plan=plan)
    except OF_THE_GRAPH as error:
        kind = type(error).__name__
        message = without_chance(kind, str(error))
    except Exception:  # noqa: BLE001 - whatever a database, a state or a graph that is out of joint says
        kind = "other"
    rows = (
        MigrationRecorder(connection).migration_qs.order_by("id")
        if MigrationRecorder(connection).has_table()
        else []
    )
    return Outcome(
        kind, message, tuple((row.app, row.name) for row in rows), frozenset(columns_in(connection))
    )


def columns_in(connection: Any) -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != "django_migrations":
                description = connection.introspection.get_table_description(cursor, table)
                yield from ((table, column.name) for column in description)


def symbolically(engine: Engine, start: SymbolicDatabase, target: Any) -> tuple[Outcome, SymbolicDatabase]:
    run = engine.migrate(start, target)
    kind = run.error.kind if run.error else ""
    same = {
        "Conflict": "ConflictingMigrations",
        "Clash": "other",
        "InconsistentState": "other",
        "KeyError": "other",
    }
    told = (
        run.error.message
        if run.error and kind not in ("Clash", "InconsistentState", "Backwards", "KeyError")
        else ""
    )
    ledger = tuple((key.app, key.name) for key in run.final.ledger)
    columns = {(name, column) for name, table in run.final.schema.tables.items() for column in table.columns}
    return Outcome(same.get(kind, kind), without_chance(kind, told), ledger, frozenset(columns)), run.final


def without_chance(kind: str, message: str) -> str:
    """The message without what Django takes from a set, in any order: which parent of several, which circle of several."""
    if kind == "CircularDependencyError":
        return ""
    head, dependency, _ = message.partition("its dependency ")
    return head if dependency else message


class Dice:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def files(self) -> Files:
        made: Files = {}
        for app in APPS:
            leaf: tuple[str, str] | None = None
            for number in range(1, self.random.randint(3, 5)):
                name = f"{number:04}_x"
                parents = [leaf] if leaf else []
                if made and self.likely(0.25):
                    parents.append(self.random.choice(sorted(made)))
                made[app, name] = plain(app, name, parents, self.work(number))
                leaf = (app, name)
        return made

    def work(self, number: int) -> list[Any]:
        if number == 1:
            return [create("Item")]
        return [
            django_operations.AddField(
                "item", f"c{self.random.randint(1, 6)}", models.IntegerField(null=True)
            )
        ]

    def edited(self, files: Files) -> Files:
        """Another branch's, or the next release's files: some more, some gone, some that replace others or ghosts."""
        made = {name: copied(migration) for name, migration in files.items()}
        for app in APPS:
            names = sorted(name for a, name in made if a == app)
            if self.likely(0.5):
                parent = self.random.choice(names)
                made[app, "0007_y"] = plain(app, "0007_y", [(app, parent)], self.work(7))
                if self.likely(0.6):
                    parents = [(app, "0007_y"), (app, names[-1])]
                    made[app, "0008_merge"] = plain(app, "0008_merge", parents, [])
            if self.likely(0.3):
                made[app, self.random.choice(names)].replaces = [
                    (app, self.random.choice(["0006_ghost", "0007_y"]))
                ]
            if self.likely(0.2):
                run = [(app, name) for name in names[:2]]
                work = [operation for name in run for operation in made[name].operations]
                made[app, "0001_squashed"] = plain(app, "0001_squashed", [], work, run)
            if self.likely(0.1):
                made.pop((app, names[-1]), None)
        return made


def create(model: str) -> Any:
    return django_operations.CreateModel(model, [("id", models.AutoField(primary_key=True))])


def plain(app: str, name: str, parents: Any, work: Any, replaces: Any = ()) -> DjangoMigration:
    made = DjangoMigration(name, app)
    made.dependencies, made.operations, made.replaces = list(parents), list(work), list(replaces)
    return made


def copied(migration: DjangoMigration) -> DjangoMigration:
    return plain(
        migration.app_label, migration.name, migration.dependencies, migration.operations, migration.replaces
    )


def tree_of(files: Files) -> Tree:
    made = (
        migration_of(each).with_changes(
            dependencies=tuple(MigrationKey(*name) for name in each.dependencies),
            replaces=tuple(MigrationKey(*name) for name in each.replaces),
        )
        for each in files.values()
    )
    return Tree("random", "random", {each.key: each for each in made})


@pytest.mark.parametrize("seed", range(60))
def test_act_by_act(seed: int) -> None:
    dice, memory = Dice(seed), EngineCache()
    files = dice.files()
    trees = [files, dice.edited(files), dice.edited(files)]
    engines = [Engine(tree_of(each), memory=memory) for each in trees]
    symbolic = SymbolicDatabase()
    with database("sqlite", ":memory:") as connection:
        for _ in range(7):
            number = dice.random.randrange(3)
            graph_names = sorted(trees[number])
            target = dice.random.choice([None, None, ("shop", None), ("blog", None), *graph_names])
            real = really(connection, trees[number], target)
            simulated, symbolic = symbolically(engines[number], symbolic, target)
            assert simulated == real, target
            if dice.likely(0.3):
                symbolic = tampered(dice, connection, symbolic, trees)


def tampered(dice: Dice, connection: Any, symbolic: SymbolicDatabase, trees: list[Files]) -> SymbolicDatabase:
    """A row put in or taken away by hand."""
    recorder = MigrationRecorder(connection)
    app, name = dice.random.choice(
        [*sorted({each for tree in trees for each in tree}), ("shop", "0006_ghost")]
    )
    if dice.likely(0.5):
        recorder.record_applied(app, name)
        return symbolic.with_row(MigrationKey(app, name))
    recorder.record_unapplied(app, name)
    kept = tuple(key for key in symbolic.ledger if key != MigrationKey(app, name))
    return SymbolicDatabase(kept, symbolic.schema, symbolic.data)
