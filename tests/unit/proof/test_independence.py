"""Which two migrations may run in either order: each rule of `independent` on its own, with a near miss beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    delete,
    foreign_key,
    integer,
    migration,
    operation,
    remove,
    rename,
)
from plans_by_hand import BASE

from stitchback.matching.data_conflicts import web_of
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Constant, Items, Reference, Value
from stitchback.operations.base import ChangedPart
from stitchback.proof.independence import PartChange, changes, independent, migration_changes

UNREAD = Opaque("cannot be read", "op()", Span("shop/migrations/x.py", 3))
ITEM, BOX = ModelKey.of("shop", "item"), ModelKey.of("shop", "box")


def sql(*tables: str) -> Operation:
    return operation("RunSQL", sql=Constant("; ".join(f"UPDATE {table} SET base = 'x'" for table in tables)))


def state_and_database(*inner: Operation) -> Operation:
    return replace(operation("SeparateDatabaseAndState"), state=inner)


def index(model: str, name: str, field: str = "base", **more: Value) -> Operation:
    given = {"fields": Items("list", (Constant(field),)), "name": Constant(name), **more}
    value = Call(Reference("django.db.models.Index"), (), tuple(sorted(given.items())))
    return operation("AddIndex", model_name=Constant(model), index=value)


def constraint(kind: str, **given: Value) -> Operation:
    made = Call(
        Reference(f"django.db.models.{kind}"), (), tuple(sorted({"name": Constant("c"), **given}.items()))
    )
    return operation("AddConstraint", model_name=Constant("item"), constraint=made)


OVER_BASE = Items("tuple", (Constant("base"),))


def order_is_free(first: Operation | Opaque, second: Operation | Opaque) -> bool:
    """Whether the second, which comes after the first, may run before it."""
    one, other = (
        migration(f"shop.{name}", "", each) for name, each in (("0003_a", first), ("0003_b", second))
    )
    files = (*BASE, migration("shop.0002_box", "shop.0001_initial", create("Box", base=char())))
    web = web_of((Tree("main", "main", {each.key: each for each in (*files, one, other)}),))
    return independent(migration_changes(one), migration_changes(other), web)


MEETING: dict[str, tuple[Operation | Opaque, Operation | Opaque]] = {
    "the same field": (add("item", "x"), alter("item", "x", char(3))),
    "the same field in other letters": (add("item", "X"), alter("Item", "x", char(3))),
    "the same index": (index("item", "i"), operation("RemoveIndex", model_name=Constant("item"), name=Constant("i"))),
    "a field of a renamed model": (add("item", "x"), operation("RenameModel", old_name=Constant("item"), new_name=Constant("thing"))),
    "a renamed field and another": (rename("item", "x", "y"), add("item", "z")),
    "a model and its field": (create("New"), add("new", "x")),
    "within another operation": (state_and_database(add("item", "x")), alter("item", "x", char(3))),
    "unread and a field": (UNREAD, add("item", "x")),
    "a field and unread": (add("item", "x"), UNREAD),
    "an operation of the project's own": (operation("OfTheProject"), add("item", "x")),
    "a new model and a reference to it": (create("New"), add("item", "new", foreign_key("shop.new"))),
    "a new model and a bare reference to it": (create("New"), add("item", "new", foreign_key("New"))),
    "a reference and the model that goes": (add("item", "x", foreign_key("shop.box")), delete("box")),
    "a reference and a field that gets another shape": (
        add("item", "x", foreign_key("shop.box")),
        alter("box", "base", char(9)),
    ),
    "a model that inherits": (create("New"), replace(create("Kid"), arguments=(*create("Kid").arguments, ("bases", Items("tuple", (Constant("shop.new"),)))))),
    "data before a field goes": (sql("shop_item"), remove("item", "base")),
    "data after the field that it names": (add("item", "base"), sql("shop_item")),
    "a field and an index over it": (add("item", "x"), index("item", "i", "x")),
    "a field and a descending index over it": (add("item", "x"), index("item", "i", "-X")),
    "a foreign key and an index over its column": (add("item", "x", foreign_key("shop.box")), index("item", "i", "x_id")),
    "a field and an index with a condition": (add("item", "x"), index("item", "i", condition=Constant("x"))),
    "a field and an index of the project's own": (add("item", "x"), operation("AddIndex", model_name=Constant("item"), index=Call(Reference("shop.Index"), (), (("fields", OVER_BASE),)))),
    "a field and an index of an expression": (add("item", "x"), operation("AddIndex", model_name=Constant("item"), index=Call(Reference("django.db.models.Index"), (Constant("x"),), (("fields", OVER_BASE),)))),
    "a field and an index that goes": (add("item", "x"), operation("RemoveIndex", model_name=Constant("item"), name=Constant("i"))),
    "a field and a check": (add("item", "x"), constraint("CheckConstraint", check=Constant("x"))),
    "a renamed field and an index over another": (rename("item", "x", "y"), index("item", "i")),
    "data on the same table": (sql("shop_item"), sql("shop_item")),
    "data on one of the tables": (sql("shop_item", "shop_box"), sql("shop_box")),
    "data and a constraint behind it": (
        sql("shop_item"),
        operation("AlterUniqueTogether", name=Constant("item"), unique_together=Items("set", ())),
    ),
    "data and an index that goes, which its SQL names": (
        operation("RunSQL", sql=Constant("UPDATE shop_item SET base = 'x'; REINDEX i")),
        operation("RemoveIndex", model_name=Constant("item"), name=Constant("i")),
    ),
    "SQL on indexes and those of an option": (
        operation("RunSQL", sql=Constant("DROP INDEX shop_item_base_1a2b_idx; UPDATE shop_item SET base = 'x'")),
        operation("AlterIndexTogether", name=Constant("item"), index_together=Items("set", ())),
    ),
    "data and a foreign key with a default": (
        sql("shop_item"),
        add("item", "base", foreign_key("shop.box", default=Constant(1))),
    ),
    "an unknown reach and a change": (operation("RunPython", code=Reference("elsewhere.fill")), remove("item", "base")),
}  # fmt: skip

APART: dict[str, tuple[Operation | Opaque, Operation | Opaque]] = {
    "two fields": (add("item", "x"), add("item", "y")),
    "two models": (rename("item", "x", "y"), rename("box", "x", "y")),
    "two indexes": (index("item", "i"), index("item", "j")),
    "a field and an index over another": (add("item", "x"), index("item", "i")),
    "an index and another field that goes": (index("item", "i"), remove("item", "x")),
    "an altered field and a unique constraint over another": (alter("item", "x", char(3)), constraint("UniqueConstraint", fields=OVER_BASE)),
    "data after a field that it does not name": (add("item", "size"), sql("shop_item")),
    "a reference and a new field of its model": (add("item", "x", foreign_key("shop.box")), add("box", "y")),
    "a reference and an index of its model": (add("item", "x", foreign_key("shop.box")), index("box", "i")),
    "data and another model": (sql("shop_item"), remove("box", "base")),
    "data on two tables": (sql("shop_item"), sql("shop_box")),
    "data before a new field": (sql("shop_item"), add("item", "x", integer())),
    "data before a new foreign key without a default": (sql("shop_item"), add("item", "x", foreign_key("shop.box"))),
    "data after a new index": (index("item", "i"), sql("shop_item")),
    "data before an index that goes": (
        sql("shop_item"),
        operation("RemoveIndex", model_name=Constant("item"), name=Constant("i")),
    ),
    "data before a new index": (sql("shop_item"), index("item", "i")),
    "nothing and unread": (state_and_database(), UNREAD),
}  # fmt: skip


@pytest.mark.parametrize("case", MEETING)
def test_the_order_matters(case: str) -> None:
    assert not order_is_free(*MEETING[case])


@pytest.mark.parametrize("case", APART)
def test_the_order_does_not_matter(case: str) -> None:
    assert order_is_free(*APART[case])


DEFINITION_KINDS: dict[str, dict[str, Value]] = {
    "AddIndex": {"index": Call(Reference("django.db.models.Index"), (), (("name", Constant("n")),))},
    "AddIndexConcurrently": {"index": Call(Reference("django.db.models.Index"), (), (("name", Constant("n")),))},
    "RemoveIndex": {"name": Constant("n")},
    "RemoveIndexConcurrently": {"name": Constant("n")},
    "AddConstraint": {"constraint": Call(Reference("django.db.models.CheckConstraint"), (), (("name", Constant("n")),))},
    "AddConstraintNotValid": {"constraint": Call(Reference("django.db.models.CheckConstraint"), (), (("name", Constant("n")),))},
    "RemoveConstraint": {"name": Constant("n")},
    "AlterConstraint": {"name": Constant("n")},
    "ValidateConstraint": {"name": Constant("n")},
}  # fmt: skip


@pytest.mark.parametrize("kind", DEFINITION_KINDS)
def test_an_index_or_a_constraint_is_known_by_its_name(kind: str) -> None:
    given = operation(kind, model_name=Constant("Item"), **DEFINITION_KINDS[kind])
    made, of_index = kind in ("AddIndex", "AddIndexConcurrently"), "Index" in kind
    assert list(changes((given,), "shop")) == [
        PartChange(ITEM, ChangedPart.DEFINITION, "n", makes=made, is_index=of_index)
    ]


@pytest.mark.parametrize("kind", ["AlterUniqueTogether", "AlterIndexTogether"])
def test_unique_together_is_one_definition_of_the_model(kind: str) -> None:
    assert list(changes((operation(kind, name=Constant("Item")),), "shop")) == [
        PartChange(ITEM, ChangedPart.DEFINITION, kind, is_index="Index" in kind)
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (add("item", "X", char()), PartChange(ITEM, ChangedPart.FIELD, "x", makes=True)),
        (add("item", "x", char(default=Constant("a"))), PartChange(ITEM, ChangedPart.FIELD, "x", makes=True)),
        (add("item", "x", foreign_key("shop.box")), PartChange(ITEM, ChangedPart.FIELD, "x", makes=True)),
        (add("item", "x", foreign_key("shop.box", default=Constant(1))), PartChange(ITEM, ChangedPart.FIELD, "x")),
        (alter("item", "x", char()), PartChange(ITEM, ChangedPart.FIELD, "x", alters=True)),
        (remove("item", "x"), PartChange(ITEM, ChangedPart.FIELD, "x")),
        (rename("item", "x", "y"), PartChange(ITEM, ChangedPart.MODEL)),
        (create("Box"), PartChange(BOX, ChangedPart.MODEL, makes=True)),
        (delete("box"), PartChange(BOX, ChangedPart.MODEL)),
        (operation("AlterModelOptions", name=Constant("item")), PartChange(ITEM, ChangedPart.MODEL, makes=True)),
        (operation("AlterModelManagers", name=Constant("item")), PartChange(ITEM, ChangedPart.MODEL, makes=True)),
        (operation("AlterModelTable", name=Constant("item")), PartChange(ITEM, ChangedPart.MODEL)),
        (operation("RenameIndex", model_name=Constant("item"), old_name=Constant("a"), new_name=Constant("b")), PartChange(ITEM, ChangedPart.MODEL)),
    ],
    ids=lambda value: value.kind if isinstance(value, Operation) else "",
)  # fmt: skip
def test_what_an_operation_changes(given: Operation, expected: PartChange) -> None:
    assert list(changes((given,), "shop")) == [expected]


def test_a_change_of_an_unknown_name_meets_each_of_its_kind() -> None:
    unnamed, named = (PartChange(ITEM, ChangedPart.DEFINITION, name) for name in ("", "n"))
    assert unnamed.meets(named)
    assert named.meets(unnamed)
    assert not unnamed.meets(PartChange(BOX, ChangedPart.DEFINITION, ""))
    assert not named.meets(PartChange(ITEM, ChangedPart.DEFINITION, "m"))
    assert named.meets(PartChange(ITEM, ChangedPart.FIELD, "n"))
    assert named.meets(PartChange(ITEM, ChangedPart.MODEL))
    assert PartChange(ITEM, ChangedPart.MODEL).meets(named)
