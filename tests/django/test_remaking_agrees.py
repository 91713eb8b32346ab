"""SQLite loses a column that the models do not know exactly where we say that the table is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from bridge_cases import ITEM
from conditional_databases import database
from database_agreement import simulated
from django.db.migrations.state import ProjectState
from test_bridges_agree import executed, read

from stitchback.schema.applying import apply_operation
from stitchback.schema.database import physical_effects
from stitchback.schema.effects import Remake
from stitchback.schema.remaking import lost_columns

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
    table.columns[UNKNOWN] = "IntegerField null"  # type: ignore[index]
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
