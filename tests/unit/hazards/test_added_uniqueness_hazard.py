"""Rows that must be unique."""

from __future__ import annotations

from migration_values import add, add_unique, alter, char, create, field, integer, operation
from rolling_cases import ITEM, messages, rolling

from stitchback.hazards.added_uniqueness import AddedUniqueness
from stitchback.model.values import TRUE, Constant


def test_a_unique_field_and_a_constraint() -> None:
    assert messages(AddedUniqueness(), rolling(alter("item", "size", integer(unique=TRUE)))) == [
        "after shop.0002_step, table shop_item has unique(size), and the code of v1 may insert equal rows (shop.Item.size)"
    ]
    assert messages(AddedUniqueness(), rolling(add_unique("item", "u", "name", "size"))) == [
        "after shop.0002_step, table shop_item has constraint u, unique(name,size), and the code of v1 may insert equal rows (shop.Item)"
    ]


def test_a_new_column_for_which_the_database_has_one_default() -> None:
    column = add("item", "code", char(db_default=Constant("x")))
    assert len(messages(AddedUniqueness(), rolling(column, add_unique("item", "u", "size", "code")))) == 1


def test_near_miss_a_new_nullable_column() -> None:
    assert (
        messages(AddedUniqueness(), rolling(add("item", "code"), add_unique("item", "u", "size", "code")))
        == []
    )


def test_near_miss_a_weaker_constraint_or_another_name() -> None:
    old = (ITEM, add_unique("item", "u", "size"))
    gone = operation("RemoveConstraint", model_name=Constant("item"), name=Constant("u"))
    assert messages(AddedUniqueness(), rolling(gone, add_unique("item", "v", "name", "size"), old=old)) == []
    assert messages(AddedUniqueness(), rolling(gone, add_unique("item", "v", "size"), old=old)) == []
    unique = (create("Item", size=field("IntegerField", unique=TRUE)),)
    assert (
        messages(AddedUniqueness(), rolling(alter("item", "size", field("IntegerField")), old=unique)) == []
    )
