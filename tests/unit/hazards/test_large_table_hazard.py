"""Changes of large tables."""

from __future__ import annotations

from migration_values import (
    MODELS,
    add,
    add_index,
    add_unique,
    alter,
    char,
    create,
    field,
    integer,
    operation,
    remove,
)
from rolling_cases import messages, rolling

from stitchback.hazards.large_table import LargeTable
from stitchback.model.values import TRUE, Call, Constant, Reference

LARGE = ["shop_item"]
SERVERS = ["postgresql", "mysql"]


def test_another_type() -> None:
    case = rolling(alter("item", "size", field("BigIntegerField", null=TRUE)), large=LARGE)
    assert messages(LargeTable(), case) == [
        "shop.0002_step changes table shop_item: SQLite copies all rows, and blocks reads and writes meanwhile",
        "shop.0002_step changes column shop_item.size: PostgreSQL copies all rows, and blocks reads and writes meanwhile",
        "shop.0002_step changes column shop_item.size: MySQL and MariaDB copy all rows, and block writes meanwhile",
    ]


def test_a_varchar_that_passes_255_bytes() -> None:
    case = rolling(alter("item", "color", char(200)), large=LARGE, vendors=SERVERS)
    assert messages(LargeTable(), case) == [
        "shop.0002_step changes column shop_item.color: MySQL and MariaDB copy all rows, and block writes meanwhile (MariaDB 10.4 does not)"
    ]


def test_an_index() -> None:
    case = rolling(add_index("item", "i", "size"), large=LARGE, vendors=SERVERS)
    assert messages(LargeTable(), case) == [
        "shop.0002_step changes i of table shop_item: PostgreSQL reads all rows, and blocks writes meanwhile"
    ]


def test_a_unique_constraint_of_some_rows_is_an_index() -> None:
    added = add_unique("item", "u", "size")
    condition = Call(Reference(MODELS + "Q"), (), (("size__gt", Constant(5)),))
    constraint = added.argument("constraint")
    assert isinstance(constraint, Call)
    some = Call(constraint.callee, (), tuple(sorted((*constraint.kwargs, ("condition", condition)))))
    partial = operation("AddConstraint", model_name=Constant("item"), constraint=some)
    blocked = (
        "shop.0002_step changes u of table shop_item: PostgreSQL reads all rows, and blocks {} meanwhile"
    )
    assert [
        messages(LargeTable(), rolling(each, large=LARGE, vendors=["postgresql"]))
        for each in (added, partial)
    ] == [[blocked.format("reads and writes")], [blocked.format("writes")]]


def test_near_miss_an_index_that_is_built_concurrently() -> None:
    plain = add_index("item", "i", "size")
    gentle = operation("AddIndexConcurrently", **dict(plain.arguments))
    assert messages(LargeTable(), rolling(gentle, large=LARGE, vendors=SERVERS)) == []


def test_near_miss_changes_of_metadata_alone() -> None:
    changes = (
        add("item", "x"),
        add("item", "y", char(db_default=Constant("x"))),
        alter("item", "color", char(40)),
        remove("item", "size"),
    )
    assert messages(LargeTable(), rolling(*changes, large=LARGE, vendors=SERVERS)) == []


def test_near_miss_another_table() -> None:
    case = rolling(
        create("Tag", size=integer()), alter("item", "size", field("BigIntegerField")), large=["shop_tag"]
    )
    assert messages(LargeTable(), case) == []
