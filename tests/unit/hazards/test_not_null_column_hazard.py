"""New NOT NULL columns."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, alter, char, create, integer, operation, remove, rename
from rolling_cases import ITEM, messages, recipe, rolling

from stitchback.hazards.not_null_column import NotNullColumn
from stitchback.model.values import FALSE, Constant

DEFAULT = char(9, default=Constant("x"))
FOUND = "after shop.0002_step, column shop_item.code is NOT NULL without a default in the database, and the code of v1 inserts shop.Item without it"


def test_a_column_whose_default_the_database_does_not_keep() -> None:
    assert messages(NotNullColumn(), rolling(add("item", "code", DEFAULT))) == [FOUND]


def test_a_column_that_becomes_not_null_later() -> None:
    case = rolling(add("item", "code"), alter("item", "code", char()))
    assert messages(NotNullColumn(), case) == [FOUND.replace("0002", "0003")]


def test_the_place_of_order_with_respect_to() -> None:
    order = operation(
        "AlterOrderWithRespectTo", name=Constant("item"), order_with_respect_to=Constant("name")
    )
    assert len(messages(NotNullColumn(), rolling(order))) == 1


def test_the_recipe_has_a_default_in_the_database_or_two_releases() -> None:
    lines = recipe(NotNullColumn(), rolling(add("item", "code", DEFAULT)))
    assert (
        lines[1] == 'migrations.AddField("item", "code", models.CharField(db_default=\'x\', max_length=9)),'
    )
    assert lines[3] == 'migrations.AddField("item", "code", models.CharField(max_length=9, null=True)),'
    assert lines[5] == 'migrations.AlterField("item", "code", models.CharField(max_length=9)),'


def test_near_miss_columns_that_are_nullable_or_have_a_default_in_the_database() -> None:
    assert messages(NotNullColumn(), rolling(add("item", "code"))) == []
    assert messages(NotNullColumn(), rolling(add("item", "code", char(db_default=Constant("x"))))) == []


def test_near_miss_a_renamed_column_is_one_that_is_missing() -> None:
    assert messages(NotNullColumn(), rolling(rename("item", "name", "title"))) == []


def test_near_miss_a_column_of_a_new_table() -> None:
    assert messages(NotNullColumn(), rolling(create("Tag", name=char(), size=integer(null=FALSE)))) == []


def test_near_miss_a_column_that_the_release_itself_does_not_fill() -> None:
    gone = replace(operation("SeparateDatabaseAndState"), state=(remove("item", "color"),))
    assert messages(NotNullColumn(), rolling(add("item", "code"), old=(ITEM, gone))) == []
