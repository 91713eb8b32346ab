"""Stops that cannot be decided."""

from __future__ import annotations

from migration_values import add, alter, char, create, field, operation, remove
from rolling_cases import ITEM, messages, rolling

from stitchback.hazards.undecided_stop import UndecidedStop
from stitchback.model.findings import Severity
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Constant, Items, Reference

PAIR = Items("tuple", (Constant("name"), Constant("size")))


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
        "shop.0002_step: whether the code of v1 can still write shop.Item.value is unknown: shop.fields.Money was altered to shop.fields.Price"
    ]


def test_other_arguments_of_such_a_class_are_a_note() -> None:
    own = (create("Item", value=Call(Reference("shop.fields.Money"))),)
    other = Call(Reference("shop.fields.Money"), (), (("blocks", Constant("x")),))
    (finding,) = UndecidedStop().find(rolling(alter("item", "value", other), old=own))
    assert (finding.severity, finding.message.rpartition(": ")[2]) == (
        Severity.NOTE,
        "shop.fields.Money has other arguments",
    )


def test_an_upgrade_that_fails() -> None:
    case = rolling(remove("item", "name"), remove("item", "name"), vendors=["postgresql"], old=(ITEM,))
    (finding,) = UndecidedStop().find(case)
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(
        "a database of v1 does not get to v2, `migrate` fails at shop.0003_step on postgresql: "
    )


def test_a_release_that_one_engine_cannot_create() -> None:
    """SQLite recreates the table from the models, in which the set names a field that is gone."""
    together = operation("AlterUniqueTogether", name=Constant("item"), unique_together=Items("list", (PAIR,)))
    case = rolling(
        remove("item", "color"), old=(ITEM, together, remove("item", "size"), alter("item", "color", char(9)))
    )
    found = {each.severity: each for each in UndecidedStop().find(case)}
    assert [*found] == [Severity.NOTE]
    note = found[Severity.NOTE]
    assert note.message.startswith(
        "v1 cannot create its own database, `migrate` fails at shop.0001_initial on sqlite: "
    )
    assert note.hint.endswith('engines = ["postgresql", "mysql"].')
    assert [each.on_engines for each in case.breaks] == [""], "of the engines that there are"


def test_near_miss_sql_on_rows_and_another_class_of_django() -> None:
    assert (
        messages(UndecidedStop(), rolling(run_sql("UPDATE shop_item SET size = 1"), add("item", "x"))) == []
    )
    assert messages(UndecidedStop(), rolling(alter("item", "size", field("FloatField")))) == []
