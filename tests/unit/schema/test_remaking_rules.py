"""What makes SQLite recreate a table, and what an operation needs: each rule on its own (`tests/django` has real Django's word)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    TRUE,
    add,
    alter,
    char,
    create,
    foreign_key,
    integer,
    migration,
    operation,
    remove,
    tree,
)

from stitchback.engine import Engine, SymbolicDatabase
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.physical import IndexDefinition
from stitchback.model.source import Opaque, Span
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import Call, Constant, Dictionary, Items, Reference
from stitchback.operations.applying import apply_operation
from stitchback.schema.needs import excluded_expressions, own_columns
from stitchback.schema.sqlite_remake import is_known, is_of_the_table

ITEM = ModelKey.of("shop", "item")
UNREAD = Opaque("cannot be read", "field()", Span("shop/migrations/x.py", 3))


def state(**fields: object) -> SchemaState:
    return apply_operation(SchemaState(), "shop", create("Item", **fields))  # type: ignore[arg-type]


def model(**fields: object) -> ModelState:
    return state(**fields).models[ITEM]


def lost_on_sqlite(given: Operation, box: Operation = create("Box"), **fields: Call) -> bool:  # noqa: B008 - a value
    """Whether SQLite loses a column that the models do not know, because the operation has the table recreated. `fields`: more fields of Item."""
    base = migration("shop.0001_initial", "", box, create("Item", label=char(), price=integer(), **fields))
    extra = migration("shop.0002_extra", "shop.0001_initial", add("item", "extra", integer()))
    later = migration("shop.0002_later", "shop.0001_initial", given)
    database = Engine(tree(base, extra)).migrate(SymbolicDatabase()).final
    run = Engine(tree(base, later)).migrate(database)
    return run.error is not None and "loses what the model does not have: extra" in run.error.message


def constraint(kind: str, **arguments: object) -> Operation:
    value = Call(
        Reference(f"django.db.models.{kind}"), (), tuple(sorted({"name": Constant("c"), **arguments}.items()))
    )  # type: ignore[arg-type]
    return operation("AddConstraint", model_name=Constant("item"), constraint=value)


FIELDS = Items("list", (Constant("label"),))
CONDITION = Call(Reference("django.db.models.Q"), (), (("label", Constant("x")),))


@pytest.mark.parametrize(
    ("given", "recreates"),
    [
        (add("item", "x", integer()), False),
        (add("item", "x", integer(null=Constant(False), default=Constant(1))), True),
        (add("item", "x", integer(default=Constant(1))), True),
        (add("item", "x", integer(unique=TRUE)), True),
        (alter("item", "label", char(50)), True),
        (alter("item", "label", char(20, db_index=TRUE)), True),
        (remove("item", "price"), False),
        (constraint("UniqueConstraint", fields=FIELDS), True),
        (constraint("UniqueConstraint", fields=FIELDS, condition=CONDITION), False),
        (constraint("CheckConstraint", condition=CONDITION), True),
        (operation("RenameModel", old_name=Constant("Box"), new_name=Constant("Crate")), False),
    ],
)
def test_what_recreates_a_table(given: Operation, recreates: bool) -> None:
    assert lost_on_sqlite(given) is recreates


@pytest.mark.parametrize("given", [foreign_key("shop.box"), foreign_key("shop.box", null=TRUE)])
def test_a_new_foreign_key(given: Call) -> None:
    assert lost_on_sqlite(add("item", "box", given)) is (given.kwarg("null") is None)


@pytest.mark.parametrize(
    ("table", "recreates"),
    [(None, True), ("boxes", False)],
    ids=["another table", "near miss: the same table"],
)
def test_a_renamed_model_recreates_the_tables_that_refer_to_it(table: str | None, recreates: bool) -> None:
    """`RenameModel.database_forwards` alters their foreign keys; it does nothing where the table keeps its name."""
    options = None if table is None else Dictionary(((Constant("db_table"), Constant(table)),))
    box = create("Box")
    box = box if options is None else replace(box, arguments=(*box.arguments, ("options", options)))
    renamed = operation("RenameModel", old_name=Constant("Box"), new_name=Constant("Crate"))
    assert lost_on_sqlite(renamed, box, crate=foreign_key("shop.box")) is recreates


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (IndexDefinition("check", options=(("condition", "Q(label=1)"),)), True),
        (IndexDefinition("unique", ("label",)), True),
        (IndexDefinition("unique", ("label",), options=(("condition", "Q(label=1)"),)), False),
        (IndexDefinition("unique", expressions=("Lower(F('label'))",)), False),
        (IndexDefinition("index", ("label",)), False),
    ],
)
def test_constraints_of_the_table_itself(definition: IndexDefinition, expected: bool) -> None:
    assert is_of_the_table(definition) is expected


def test_the_columns_of_a_model_with_an_unread_field_are_not_known() -> None:
    assert is_known(model(label=char()))
    known = model(label=char())
    unread = replace(known, fields=(*known.fields, ("other", UNREAD)))
    assert not is_known(unread)


def test_what_is_no_pair_in_an_exclusion_is_passed_over() -> None:
    pair = Items("tuple", (Constant("label"), Constant("=")))
    given = Items("list", (Reference("elsewhere.PAIR"), Items("tuple", ()), pair))
    assert len(list(excluded_expressions(given))) == 1
    assert list(excluded_expressions(None)) == []


def test_own_columns_of_what_is_there() -> None:
    known = model(label=char(), box=foreign_key("shop.box"))
    assert own_columns(known, ["label", "box", "nothing"]) == {"label", "box_id"}
    assert own_columns(known, ["box_id"]) == {"box_id"}
