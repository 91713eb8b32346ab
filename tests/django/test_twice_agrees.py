"""What fails on a real server when it is done twice clashes, and what is harmless does not (SQLite would say nothing, F31)."""

from __future__ import annotations

import pytest
from bridge_cases import ITEM
from conditional_databases import database
from database_agreement import simulated
from django.db import Error
from django.db.migrations.state import ProjectState
from test_bridges_agree import executed, read

from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash

CASES = [
    'CreateModel("A", [("id", AutoField(primary_key=True))])',
    'DeleteModel("Item")',
    'RenameModel("Item", "Thing")',
    'AlterModelTable("Item", "goods")',
    'AddField("Item", "color", CharField(max_length=9, default="red"))',
    'AddField("Item", "more", ManyToManyField("Category", related_name="+"))',
    'RemoveField("Item", "tags")',
    'RenameField("Item", "stock", "amount")',
    'AlterField("Item", "stock", IntegerField(unique=True))',
    'AlterField("Item", "stock", IntegerField())',
    'AlterField("Item", "name", CharField(max_length=100, db_index=True))',
    'AlterField("Item", "stock", BigIntegerField(db_index=True))',
    'AlterField("Item", "name", CharField(max_length=200, null=True))',
    'AlterField("Item", "name", TextField(null=True))',
    'AlterField("Item", "name", CharField(max_length=100, help_text="x"))',
    'AddIndex("Item", Index(fields=["stock"], name="i"))',
    'RemoveIndex("Item", "by_name")',
    'RenameIndex("Item", new_name="by_title", old_name="by_name")',
    'AlterUniqueTogether("Item", {("name", "stock")})',
    'AddConstraint("Item", UniqueConstraint(fields=["name"], name="u"))',
    'AlterOrderWithRespectTo("Item", "category")',
    'AlterModelOptions("Item", {"ordering": ["name"]})',
    'AlterModelTableComment("Item", "x")',
]  # fmt: skip


# PostgreSQL drops an index IF EXISTS; other engines do not, and a thing that is not there is never taken for gone by us.
# And MySQL sets the new type first, still with NOT NULL: it fails where a value is NULL already.
CAUTIOUS = {
    'AlterField("Item", "stock", IntegerField())',
    'AlterField("Item", "name", CharField(max_length=200, null=True))',
    'AlterField("Item", "name", TextField(null=True))',
    'RemoveIndex("Item", "by_name")',
}


def clashes(source: str) -> bool:
    """Whether our effects do, the second time."""
    state, physical = simulated((read(ITEM),))
    (operation,) = read(source).operations
    effects = physical_effects(operation, "shop", state, apply_operation(state, "shop", operation))
    try:
        for effect in (*effects, *effects):
            physical = run_effect(physical, effect)
    except Clash:
        return True
    return False


@pytest.mark.parametrize("source", CASES)
def test_a_server_fails_where_we_clash(source: str) -> None:
    with database("postgresql", "") as connection:
        state = ProjectState()
        with connection.schema_editor() as editor:
            state = executed(ITEM).apply(state, editor)
        failed = False
        for _ in range(2):
            try:
                with connection.schema_editor() as editor:
                    executed(source, "0002_x").apply(state.clone(), editor)
            except (Error, ValueError):
                failed = True
        assert clashes(source) == (failed or source in CAUTIOUS)
