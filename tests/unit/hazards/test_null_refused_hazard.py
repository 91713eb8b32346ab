"""Columns that no longer take NULL, or have lost their default."""

from __future__ import annotations

from migration_values import alter, char, create, field
from rolling_cases import messages, rolling

from stitchback.hazards.null_refused import NullRefused
from stitchback.model.values import Constant

DEFAULT = (create("Item", name=char(db_default=Constant("x"))),)


def test_a_column_that_becomes_not_null() -> None:
    assert messages(
        NullRefused(), rolling(alter("item", "size", field("IntegerField", default=Constant(0))))
    ) == [
        "after shop.0002_step, column shop_item.size is NOT NULL, and the code of v1 may insert NULL (shop.Item.size)"
    ]
    assert messages(
        NullRefused(), rolling(alter("item", "size", field("IntegerField", db_default=Constant(0))))
    )


def test_a_default_that_goes_except_on_sqlite() -> None:
    assert messages(NullRefused(), rolling(alter("item", "name", char()), old=DEFAULT)) == [
        "after shop.0002_step on postgresql, mysql, column shop_item.name has no default in the database, and the code of v1 leaves its value to that (shop.Item.name)"
    ]
    assert (
        messages(NullRefused(), rolling(alter("item", "name", char()), old=DEFAULT, vendors=["sqlite"])) == []
    )


def test_near_miss_a_column_that_becomes_nullable_or_gets_a_default() -> None:
    assert messages(NullRefused(), rolling(alter("item", "color", char(30, null=Constant(True))))) == []
    assert messages(NullRefused(), rolling(alter("item", "color", char(30, db_default=Constant("x"))))) == []
