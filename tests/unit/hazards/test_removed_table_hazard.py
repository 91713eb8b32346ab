"""Tables that go."""

from __future__ import annotations

from migration_values import alter_options, create, delete, operation
from rolling_cases import messages, recipe, rolling

from stitchback.hazards.removed_table import RemovedTable
from stitchback.model.values import Constant

RENAMED = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Product"))


def test_a_table_that_is_dropped() -> None:
    case = rolling(delete("Item"))
    assert messages(RemovedTable(), case) == [
        "after shop.0002_step, table shop_item does not exist, and the code of v1 uses it (shop.Item)"
    ]
    assert recipe(RemovedTable(), case)[1:] == (
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Item")]),',
        "# Release 2, when no server runs older code",
        "migrations.RunSQL('DROP TABLE shop_item', migrations.RunSQL.noop),",
    )


def test_a_table_that_is_renamed() -> None:
    case = rolling(RENAMED)
    assert messages(RemovedTable(), case) == [
        "after shop.0002_step, table shop_item is named shop_product, and the code of v1 uses it (shop.Item)"
    ]
    assert recipe(RemovedTable(), case)[1:3] == (
        'migrations.AlterModelTable("item", "shop_item"),',
        'migrations.RenameModel("Item", "Product"),',
    )


def test_new_code_that_is_deployed_first() -> None:
    case = rolling(create("Tag"), code_first=True)
    assert messages(RemovedTable(), case) == [
        "before shop.0002_step, table shop_tag does not exist, and the code of v2 uses it (shop.Tag)"
    ]


def test_near_miss_a_model_that_keeps_its_table() -> None:
    kept = operation("AlterModelTable", name=Constant("item"), table=Constant("shop_item"))
    assert messages(RemovedTable(), rolling(kept, RENAMED)) == []
    assert messages(RemovedTable(), rolling(create("Tag"), alter_options("item", verbose_name="x"))) == []
