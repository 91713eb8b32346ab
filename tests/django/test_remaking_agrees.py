"""SQLite loses a column that the models do not know exactly where we say that the table is made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import django
import pytest
from bridge_cases import ITEM
from columns_by_hand import column
from conditional_databases import database
from database_agreement import simulated
from django.db.migrations.state import ProjectState
from test_bridges_agree import executed, read

from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.effects import Remake
from stitchback.schema.sqlite_remake import lost_columns, refused_by_sqlite

CASES = [
    'AddField("Item", "color", CharField(max_length=9, default="red"))',
    'AddField("Item", "color", CharField(max_length=9, null=True))',
    'AddField("Item", "color", CharField(max_length=9, null=True, default="red"))',
    'AddField("Item", "color", CharField(max_length=9, null=True, unique=True))',
    'AddField("Item", "color", CharField(max_length=9, null=True, db_index=True))',
    'AddField("Item", "other", ForeignKey("Category", CASCADE, null=True, related_name="+"))',
    'AddField("Item", "more", ManyToManyField("Category", related_name="+"))',
    'RemoveField("Item", "stock")',
    'RemoveField("Item", "plain")',
    'RemoveField("Item", "tags")',
    'RenameField("Item", "stock", "amount")',
    'RenameField("Item", "plain", "simple")',
    'RenameModel("Item", "Thing")',
    'AlterModelTable("Item", "goods")',
    'AlterField("Item", "stock", IntegerField())',
    'AlterField("Item", "stock", BigIntegerField(db_index=True))',
    'AlterField("Item", "name", CharField(max_length=200))',
    'AlterField("Item", "name", CharField(max_length=100, help_text="x"))',
    'AlterField("Item", "name", CharField(max_length=100, db_column="title"))',
    'AddIndex("Item", Index(fields=["stock"], name="i"))',
    'RemoveIndex("Item", "by_name")',
    'RenameIndex("Item", new_name="by_title", old_name="by_name")',
    'AlterUniqueTogether("Item", {("name", "stock")})',
    'AlterUniqueTogether("Item", set())',
    'AddConstraint("Item", UniqueConstraint(fields=["name"], name="u"))',
    'AddConstraint("Item", UniqueConstraint(fields=["name"], condition=Q(stock__gt=1), name="u"))',
    'AddConstraint("Item", UniqueConstraint(Lower("name"), name="u"))',
    'AlterOrderWithRespectTo("Item", "category")',
    'AlterModelOptions("Item", {"ordering": ["name"]})',
    'AlterModelTableComment("Item", "x")',
]  # fmt: skip

# Expressions that are plain names are taken for those columns, and then for a constraint of the table: never less than SQLite does.
CAUTIOUS = 'AddConstraint("Item", UniqueConstraint("name", "stock", name="u"))'

PLAIN = 'AddField("Item", "plain", IntegerField(null=True))'
UNKNOWN = "of_the_patch"


def we_say_lost(source: str) -> bool:
    state, physical = simulated((read(f"{ITEM}{PLAIN}"),))
    (operation,) = read(source).operations
    effects = physical_effects(operation, "shop", state, apply_operation(state, "shop", operation))
    table = physical.tables["shop_item"]
    table.columns[UNKNOWN] = column("IntegerField null")  # type: ignore[index]
    return any(
        UNKNOWN in lost_columns(physical, effect, set()) for effect in effects if isinstance(effect, Remake)
    )


@pytest.mark.parametrize("source", CASES)
def test_sqlite_loses_what_we_say(source: str, tmp_path: Path) -> None:
    with database("sqlite", str(tmp_path / "db.sqlite3")) as connection:
        with connection.schema_editor() as editor:
            state = executed(f"{ITEM}{PLAIN}").apply(ProjectState(), editor)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE shop_item ADD COLUMN {UNKNOWN} integer NULL")
        with connection.schema_editor() as editor:
            executed(source, "0002_x").apply(state, editor)
        with connection.cursor() as cursor:
            columns = {
                column.name
                for table in ("shop_item", "shop_thing", "goods")
                if table in connection.introspection.table_names(cursor)
                for column in connection.introspection.get_table_description(cursor, table)
            }
    assert (UNKNOWN not in columns) == we_say_lost(source)


def test_more_than_sqlite_loses_is_said_of_names_as_expressions() -> None:
    assert we_say_lost(CAUTIOUS)


GONE = "plain"
FILLED = [source for source in CASES if GONE not in source] + [
    'AddField("Item", "double", GeneratedField(expression=F("stock") * 2, output_field=IntegerField(), db_persist=True))'
]
HERE = [source for source in FILLED if django.VERSION >= (5, 0) or "GeneratedField" not in source]


def we_say_filled(source: str) -> bool:
    state, physical = simulated((read(f"{ITEM}{PLAIN}"),))
    (operation,) = read(source).operations
    effects = physical_effects(operation, "shop", state, apply_operation(state, "shop", operation))
    del physical.tables["shop_item"].columns[GONE]  # type: ignore[attr-defined]
    said = []
    for effect in effects:
        said.append(str(refused_by_sqlite(physical, effect, set()) or ""))
        physical = run_effect(physical, effect)
    return any(f"fills {GONE}" in each for each in said)


@pytest.mark.parametrize("source", HERE)
def test_sqlite_fills_what_we_say(source: str, tmp_path: Path) -> None:
    """FACTS F34: a column of the model that the table lacks is there afterwards, with its own name in every row."""
    with database("sqlite", str(tmp_path / "db.sqlite3")) as connection:
        with connection.schema_editor() as editor:
            state = executed(f"{ITEM}{PLAIN}").apply(ProjectState(), editor)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE shop_item DROP COLUMN {GONE}")
            cursor.execute("INSERT INTO shop_category (id, code) VALUES (1, 'c')")
            cursor.execute("INSERT INTO shop_item (name, stock, category_id) VALUES ('a', 1, 1)")
        with connection.schema_editor() as editor:
            executed(source, "0002_x").apply(state, editor)
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor)) & {"shop_item", "shop_thing", "goods"}
            found = [
                value for table in tables for value in [row_of(cursor, table).get(GONE)] if value is not None
            ]
    assert (found == [GONE]) == we_say_filled(source)


def row_of(cursor: Any, table: str) -> dict[str, object]:
    cursor.execute(f"SELECT * FROM {table}")
    return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def test_a_conditional_field_fills_nothing() -> None:
    """Its template leaves out what the table lacks."""
    assert not we_say_filled_conditionally(
        'AddField("Item", "color", CharField(max_length=9, default="red"))'
    )


def we_say_filled_conditionally(source: str) -> bool:
    state, _ = simulated((read(f"{ITEM}{PLAIN}"),))
    (operation,) = read(source).operations
    made = replace(operation, conditional=True)  # type: ignore[type-var]
    effects = physical_effects(made, "shop", state, apply_operation(state, "shop", made))
    return any(effect.filled for effect in effects if isinstance(effect, Remake))


KEY = 'CreateModel("Box", [("code", CharField(max_length=9, primary_key=True)), ("size", IntegerField(default=1))]),'
KEYLESS = 'AlterField("Box", "code", CharField(max_length=9, unique=True)),'
REMADE = 'AddField("Box", "count", IntegerField(default=0)),'
NEW_KEY = 'AddField("Box", "id", AutoField(auto_created=True, primary_key=True, serialize=False))'


def test_the_key_that_sqlite_makes_when_another_field_is_it_no_more(tmp_path: Path) -> None:
    """Between the second operation and the last no field of the model is a key, and SQLite's table has one."""
    with (
        database("sqlite", str(tmp_path / "db.sqlite3")) as connection,
        connection.schema_editor() as editor,
    ):
        executed(f"{KEY}{KEYLESS}{REMADE}{NEW_KEY}").apply(ProjectState(), editor)
    state, physical = simulated((read(KEY),))
    for operation in read(f"{KEYLESS}{REMADE}{NEW_KEY}").operations:
        after = apply_operation(state, "shop", operation)
        for effect in physical_effects(operation, "shop", state, after):
            assert refused_by_sqlite(physical, effect, set()) is None
            physical = run_effect(physical, effect)
        state = after
    assert "id" in physical.tables["shop_box"].columns
