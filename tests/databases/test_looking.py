"""A look into a real database shows what its migrations tell, step by step, on every engine: no name too many, none missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases.servers import Server

from stitchback.adapters.databases import LiveDatabase
from stitchback.adapters.urls import DatabaseUrl
from stitchback.engine import EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.schema_search import SchemaSearch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "django"))
from django_values import migration_of

APP = "looks"


def operations() -> Iterator[list[Any]]:
    """One migration each."""
    from django.db import migrations as m
    from django.db import models as f

    simple = [
        ("id", f.BigAutoField(primary_key=True)),
        ("big", f.BigIntegerField()),
        ("binary", f.BinaryField(null=True)),
        ("boolean", f.BooleanField(default=False)),
        ("maybe", f.BooleanField(null=True)),
        ("char", f.CharField(max_length=20)),
        ("date", f.DateField(null=True)),
        ("moment", f.DateTimeField(auto_now_add=True)),
        ("decimal", f.DecimalField(max_digits=8, decimal_places=2)),
        ("duration", f.DurationField(null=True)),
        ("email", f.EmailField()),
        ("file", f.FileField(upload_to="x")),
        ("path", f.FilePathField(null=True)),
        ("float", f.FloatField()),
        ("address", f.GenericIPAddressField(null=True)),
        ("integer", f.IntegerField(db_index=True)),
        ("json", f.JSONField(default=dict)),
        ("positive", f.PositiveIntegerField()),
        ("tiny", f.PositiveSmallIntegerField(unique=True)),
        ("slug", f.SlugField(unique=True)),
        ("text", f.TextField(blank=True)),
        ("time", f.TimeField(null=True)),
        ("url", f.URLField(max_length=300)),
        ("uuid", f.UUIDField(null=True)),
        ("Named", f.IntegerField(db_column="CamelCase", null=True)),
    ]
    yield [m.CreateModel("Item", simple)]
    yield [
        m.CreateModel(
            "Other", [("key", f.CharField(max_length=5, primary_key=True))], {"db_table": "Odd Table"}
        )
    ]
    yield [m.AddField("item", "other", f.ForeignKey(f"{APP}.other", f.CASCADE, null=True))]
    yield [
        m.AddField("item", "single", f.OneToOneField(f"{APP}.other", f.CASCADE, null=True, related_name="+"))
    ]
    yield [m.AddField("item", "many", f.ManyToManyField(f"{APP}.other", related_name="+"))]
    yield [m.AlterField("item", "char", f.CharField(max_length=40, null=True))]
    yield [m.AlterField("item", "text", f.TextField(null=True))]
    yield [m.AlterField("item", "integer", f.BigIntegerField())]
    yield [m.RenameField("item", "char", "letters")]
    yield [m.AddIndex("item", f.Index(fields=["float", "-big"], name="looks_float_big"))]
    yield [m.AddIndex("item", f.Index(fields=["big"], name="looks_partial", condition=f.Q(big__gt=1)))]
    yield [m.AddConstraint("item", f.UniqueConstraint(fields=["big", "float"], name="looks_unique"))]
    partial = f.UniqueConstraint(fields=["big"], condition=f.Q(big__gt=1), name="looks_unique_partial")
    yield [m.AddConstraint("item", partial)]
    yield [m.RenameIndex("item", new_name="looks_renamed", old_name="looks_float_big")]
    yield [m.AlterUniqueTogether("item", {("date", "time")})]
    child = [
        (
            "item_ptr",
            f.OneToOneField(f"{APP}.item", f.CASCADE, primary_key=True, parent_link=True, auto_created=True),
        )
    ]
    yield [m.CreateModel("Child", [*child, ("own", f.IntegerField(null=True))], bases=(f"{APP}.item",))]
    yield [m.CreateModel("Proxy", [], {"proxy": True}, bases=(f"{APP}.item",))]
    yield [m.CreateModel("Foreign", [("id", f.AutoField(primary_key=True))], {"managed": False})]
    yield [
        m.DeleteModel("Proxy"),
        m.DeleteModel("Child"),
    ]  # Django does not rename the parent in a child's bases
    yield [m.RenameModel("Item", "Thing")]
    yield [m.AlterModelTable("thing", "looks_moved")]
    yield [m.RemoveIndex("thing", "looks_renamed"), m.RemoveConstraint("thing", "looks_unique")]
    yield [
        m.RemoveField("thing", "many"),
        m.RemoveField("thing", "other"),
        m.RemoveField("thing", "duration"),
    ]
    yield [m.DeleteModel("Foreign")]


def django_migrations() -> list[Any]:
    from django.db import migrations

    found: list[Any] = []
    for number, migration_effects in enumerate(operations(), 1):
        after = [(APP, found[-1].name)] if found else []
        made = type(
            "Migration", (migrations.Migration,), {"dependencies": after, "operations": migration_effects}
        )
        found.append(made(f"{number:04}_step", APP))
    return found


def value_tree(migrations: list[Any]) -> Tree:
    made = {}
    for migration in migrations:
        parents = tuple(MigrationKey(*pair) for pair in migration.dependencies)
        value = migration_of(migration).with_changes(dependencies=parents)
        made[value.key] = value
    return Tree("today", "", made)


class Registered:
    """The database under an alias of its own: Django's schema editor goes by the alias."""

    ALIAS = "looking"

    def __init__(self, url: DatabaseUrl) -> None:
        from django.db import connections

        from stitchback.adapters.connections import _configure

        _configure()
        connections.settings[self.ALIAS] = {**connections.settings["default"], **url.settings()}
        self.connection: Any = connections.create_connection(self.ALIAS)
        connections[self.ALIAS] = self.connection

    def run(self, migration: Any, state: Any) -> Any:
        with self.connection.schema_editor(atomic=migration.atomic) as editor:
            return migration.apply(state, editor)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_what_is_shown_is_what_was_made(server: Server, url: DatabaseUrl) -> None:
    from django.db.migrations.state import ProjectState

    real, state = Registered(url), ProjectState()
    steps = django_migrations()
    player = SchemaOfApplied(RecorderRules(value_tree(steps)), EngineCache())
    try:
        LiveDatabase(real.connection, "looking")
        real.connection.cursor().execute(
            "CREATE TABLE django_migrations (id integer, app text, name text, applied text)"
        )
        done: set[MigrationKey] = set()
        for migration in steps:
            state = real.run(migration, state)
            done.add(MigrationKey(migration.app_label, migration.name))
            shown = LiveDatabase(real.connection, "looking").read(with_schema=True).schema
            assert shown is not None
            fitter = SchemaSearch(player, player.accounts.standing(frozenset(done)), shown.names)
            fit = fitter.measure(frozenset(done))
            assert (sorted(map(str, fit.missing)), sorted(map(str, fit.extra)), fit.unplayable) == (
                [],
                [],
                "",
            ), migration
    finally:
        real.connection.close()
