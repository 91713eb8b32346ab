"""Columns that go."""

from __future__ import annotations

from migration_values import add, alter, char, operation, remove, rename
from rolling_cases import messages, recipe, rolling

from stitchback.hazards.removed_column import RemovedColumn
from stitchback.model.values import TRUE, Constant

RENAMED = rename("item", "color", "hue")


def test_a_column_that_is_dropped() -> None:
    case = rolling(remove("item", "color"))
    assert messages(RemovedColumn(), case) == [
        "after shop.0002_step, column shop_item.color does not exist, and the code of v1 selects and inserts it (shop.Item.color)"
    ]
    (finding,) = RemovedColumn().find(case)
    assert (finding.severity.value, finding.ref, finding.span and finding.span.path) == (
        "error",
        "v1",
        "shop/migrations/0002_step.py",
    )


def test_the_recipe_makes_it_nullable_stops_using_it_and_drops_it() -> None:
    assert recipe(RemovedColumn(), rolling(remove("item", "color")))[1:] == (
        'migrations.AlterField("item", "color", models.CharField(max_length=30, null=True)),',
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("item", "color")]),',
        "# Release 2, when no server runs older code: the column goes",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField("item", "color", models.CharField(max_length=30, null=True))]),',
        'migrations.RemoveField("item", "color"),',
    )
    assert "AlterField" not in "".join(recipe(RemovedColumn(), rolling(remove("item", "size")))), (
        "nullable already"
    )


def test_a_column_that_is_renamed() -> None:
    assert messages(RemovedColumn(), rolling(RENAMED)) == [
        "after shop.0002_step, column shop_item.color is named hue, and the code of v1 selects and inserts it (shop.Item.color)"
    ]
    assert recipe(RemovedColumn(), rolling(RENAMED))[1:3] == (
        'migrations.AlterField("item", "color", models.CharField(db_column=\'color\', max_length=30)),',
        'migrations.RenameField("item", "color", "hue"),',
    )


def test_a_column_that_is_gone_for_a_part_of_the_way() -> None:
    case = rolling(remove("item", "size"), add("item", "size", char(null=TRUE)))
    assert messages(RemovedColumn(), case)[0].startswith("after shop.0002_step until shop.0003_step, ")


def test_new_code_that_is_deployed_first() -> None:
    case = rolling(add("item", "weight"), code_first=True)
    assert messages(RemovedColumn(), case) == [
        "before shop.0002_step, column shop_item.weight does not exist, and the code of v2 selects and inserts it (shop.Item.weight)"
    ]


def test_near_miss_a_column_that_keeps_its_name() -> None:
    kept = alter("item", "color", char(30, db_column=Constant("color")))
    assert messages(RemovedColumn(), rolling(kept, RENAMED)) == []


def test_near_miss_a_field_that_the_models_alone_lose() -> None:
    state = operation("SeparateDatabaseAndState")
    from dataclasses import replace

    assert messages(RemovedColumn(), rolling(replace(state, state=(remove("item", "size"),)))) == []
