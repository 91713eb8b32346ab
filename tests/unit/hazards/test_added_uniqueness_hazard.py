"""Rows that must be unique."""

from __future__ import annotations

from migration_values import MODELS, add, add_unique, alter, char, create, field, integer, operation
from rolling_cases import ITEM, messages, rolling

from stitchback.hazards.added_uniqueness import AddedUniqueness
from stitchback.model.operations import Operation
from stitchback.model.values import FALSE, TRUE, Call, Constant, Items, Reference, Value


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


def unique(**more: Value) -> Operation:
    fields = Items("list", (Constant("size"),))
    pairs = {"fields": fields, "name": Constant("u"), **more}
    made = Call(Reference(MODELS + "UniqueConstraint"), (), tuple(sorted(pairs.items())))
    return operation("AddConstraint", model_name=Constant("item"), constraint=made)


CONDITION = Call(Reference(MODELS + "Q"), (), (("size__gt", Constant(5)),))


def test_uniqueness_of_some_rows_does_not_imply_that_of_all() -> None:
    old = (ITEM, unique(condition=CONDITION))
    added = add_unique("item", "v", "size", "name")
    assert len(messages(AddedUniqueness(), rolling(added, old=old))) == 1
    assert messages(AddedUniqueness(), rolling(added, old=(ITEM, unique()))) == []


def test_constraints_that_an_engine_has() -> None:
    (message,) = messages(AddedUniqueness(), rolling(unique(condition=CONDITION)))
    assert message.startswith("after shop.0002_step on sqlite, postgresql, ")
    (message,) = messages(
        AddedUniqueness(), rolling(unique(deferrable=Reference(MODELS + "Deferrable.DEFERRED")))
    )
    assert message.startswith("after shop.0002_step on postgresql, ")


def test_near_miss_a_default_that_differs_each_time() -> None:
    default = Call(Reference("django.contrib.postgres.functions.RandomUUID"))
    column = add("item", "code", field("UUIDField", db_default=default))
    case = rolling(column, add_unique("item", "u", "code"), vendors=["postgresql"])
    assert messages(AddedUniqueness(), case) == []


def test_nulls_that_are_equal() -> None:
    equal = operation(
        "AddConstraint",
        model_name=Constant("item"),
        constraint=Call(
            Reference(MODELS + "UniqueConstraint"),
            (),
            (
                ("fields", Items("list", (Constant("size"), Constant("code")))),
                ("name", Constant("u")),
                ("nulls_distinct", FALSE),
            ),
        ),
    )
    assert len(messages(AddedUniqueness(), rolling(add("item", "code"), equal, vendors=["postgresql"]))) == 1
