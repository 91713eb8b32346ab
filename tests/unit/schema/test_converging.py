"""Operations that make one shape of another. Law: applied to the one they give the other, in the state and in the database."""

from __future__ import annotations

from functools import reduce

import pytest
from schema_sources import ITEM, key, state

from stitchback.model.state import ModelState, SchemaState
from stitchback.schema.applying import apply_operation
from stitchback.schema.converging import operations_between
from stitchback.schema.database import physical_effects
from stitchback.schema.physical import physical_of
from stitchback.schema.running import run_effect

CHANGES = [
    "",
    'AddField("Item", "color", CharField(max_length=9))',
    'RemoveIndex("Item", "by_name"), RemoveField("Item", "stock")',
    'AlterField("Item", "name", CharField(max_length=50))',
    'AlterUniqueTogether("Item", {("stock", "category")})',
    'AlterUniqueTogether("Item", set()), RemoveField("Item", "category")',
    'AddIndex("Item", Index(fields=["stock"], name="by_stock"))',
    'RenameIndex("Item", "named", "by_name")',
    'AddConstraint("Item", UniqueConstraint(fields=["name"], name="u"))',
    'AlterModelOptions("Item", {"ordering": ["name"], "verbose_name": "x"})',
    'AlterModelTable("Item", "goods")',
    'AlterModelTableComment("Item", "goods")',
    'AlterOrderWithRespectTo("Item", "category")',
    'AlterModelManagers("Item", [("objects", models.Manager())])',
    'AlterIndexTogether("Item", {("stock", "name")})',
    'RemoveField("Item", "tags")',
]  # fmt: skip


def comparable(model: ModelState) -> tuple[object, ...]:
    """Without the order of fields and indexes, and without options that say None (as `AlterModelTable(…, None)` leaves them)."""
    options = [pair for pair in model.options if repr(pair[1]) != "Constant(value=None)"]
    return (
        model.key, model.name, dict(model.fields), options, model.bases, dict(model.indexes), dict(model.constraints),
        model.unique_together, model.index_together, model.managers,
    )  # fmt: skip


@pytest.mark.parametrize("left", CHANGES)
@pytest.mark.parametrize("right", CHANGES)
def test_from_any_shape_to_any_other(left: str, right: str) -> None:
    before, after = state(ITEM, left), state(ITEM, right)
    source, target = before.models[key("shop.item")], after.models[key("shop.item")]
    found, physical = before, physical_of(before)
    for operation in operations_between(source, target):
        then = apply_operation(found, "shop", operation)
        physical = reduce(run_effect, physical_effects(operation, "shop", found, then), physical)
        found = then
    assert comparable(found.models[key("shop.item")]) == comparable(target)
    assert physical.tables == physical_of(after).tables


def test_renames_are_told() -> None:
    before = state(ITEM)
    after = state(
        ITEM,
        'RemoveIndex("Item", "by_name"), RenameField("Item", "name", "title"), AlterField("Item", "title", CharField(max_length=7)), RenameModel("Item", "Thing")',
    )
    found = operations_between(
        before.models[key("shop.item")], after.models[key("shop.thing")], renamed={"name": "title"}
    )
    assert [operation.kind for operation in found] == [
        "RenameModel",
        "RemoveIndex",
        "RenameField",
        "AlterField",
    ]
    made = reduce(lambda state, operation: apply_operation(state, "shop", operation), found, before)
    assert comparable(made.models[key("shop.thing")]) == comparable(after.models[key("shop.thing")])


def test_the_same_shape_needs_nothing() -> None:
    found: SchemaState = state(ITEM)
    assert operations_between(found.models[key("shop.item")], found.models[key("shop.item")]) == ()


def test_operations_have_no_place_in_a_file() -> None:
    before, after = state(ITEM), state(ITEM, 'AddField("Item", "color", CharField(max_length=9))')
    (found,) = operations_between(before.models[key("shop.item")], after.models[key("shop.item")])
    assert (found.path, found.span.path) == ("django.db.migrations.AddField", "")
