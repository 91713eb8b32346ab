"""Stops that cannot be decided."""

from __future__ import annotations

from migration_values import add, alter, create, field, operation, remove
from rolling_cases import ITEM, messages, rolling

from stitchback.hazards.undecided_stop import UndecidedStop
from stitchback.model.findings import Severity
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Constant, Reference


def run_sql(text: str) -> Operation:
    return operation("RunSQL", sql=Constant(text))


def test_sql_that_changes_the_schema() -> None:
    assert messages(UndecidedStop(), rolling(run_sql("ALTER TABLE shop_item ADD x int"))) == [
        "shop.0002_step: RunSQL changes the schema, and stitchback does not read SQL"
    ]


def test_a_field_class_of_the_project() -> None:
    own = (create("Item", value=Call(Reference("shop.fields.Money"))),)
    case = rolling(alter("item", "value", Call(Reference("shop.fields.Price"))), old=own)
    assert messages(UndecidedStop(), case) == [
        "shop.0002_step: whether v1 can still write shop.Item.value is unknown: shop.fields.Money was altered to shop.fields.Price"
    ]


def test_an_upgrade_that_fails() -> None:
    case = rolling(remove("item", "name"), remove("item", "name"), vendors=["postgresql"], old=(ITEM,))
    (finding,) = UndecidedStop().find(case)
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(
        "a database of v1 does not get to v2, `migrate` fails at shop.0003_step on postgresql: "
    )


def test_near_miss_sql_on_rows_and_another_class_of_django() -> None:
    assert (
        messages(UndecidedStop(), rolling(run_sql("UPDATE shop_item SET size = 1"), add("item", "x"))) == []
    )
    assert messages(UndecidedStop(), rolling(alter("item", "size", field("FloatField")))) == []
