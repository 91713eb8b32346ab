"""Constraints that refuse rows."""

from __future__ import annotations

from migration_values import MODELS, add, alter, char, create, foreign_key, integer, operation
from rolling_cases import messages, rolling

from stitchback.hazards.added_constraint import AddedConstraint
from stitchback.model.operations import Operation
from stitchback.model.values import FALSE, Call, Constant, Reference, Value


def check(**lookups: Value) -> Operation:
    condition = Call(Reference(MODELS + "Q"), (), tuple(sorted(lookups.items())))
    constraint = Call(
        Reference(MODELS + "CheckConstraint"), (), (("condition", condition), ("name", Constant("c")))
    )
    return operation("AddConstraint", model_name=Constant("item"), constraint=constraint)


def test_a_check_on_a_field_of_the_code() -> None:
    (message,) = messages(AddedConstraint(), rolling(check(size__gte=Constant(0))))
    assert message.startswith("after shop.0002_step, table shop_item has constraint c, check() ")


def test_a_check_that_a_new_column_is_filled() -> None:
    assert len(messages(AddedConstraint(), rolling(add("item", "code"), check(code__isnull=FALSE)))) == 1


TAG = (create("Tag", name=char()), create("Label", name=char()))


def test_a_foreign_key_to_another_table_and_one_that_is_enforced() -> None:
    old = (*TAG, create("Item", tag=foreign_key("shop.Tag")))
    assert messages(AddedConstraint(), rolling(alter("item", "tag", foreign_key("shop.Label")), old=old)) == [
        "after shop.0002_step, column shop_item.tag_id refers to table shop_label, and the code of v1 may insert another value (shop.Item.tag)"
    ]
    loose = (*TAG, create("Item", tag=foreign_key("shop.Tag", db_constraint=FALSE)))
    assert (
        len(messages(AddedConstraint(), rolling(alter("item", "tag", foreign_key("shop.Tag")), old=loose)))
        == 1
    )


def test_near_miss_a_check_on_new_columns_and_a_renamed_target() -> None:
    case = rolling(add("item", "weight", integer()), check(weight__gte=Constant(0)))
    assert messages(AddedConstraint(), case) == []
    old = (*TAG, create("Item", tag=foreign_key("shop.Tag")))
    renamed = operation("RenameModel", old_name=Constant("Tag"), new_name=Constant("Mark"))
    assert messages(AddedConstraint(), rolling(renamed, old=old)) == []
