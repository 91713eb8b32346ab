"""Which models a migration works on: what a slice of the graph is cut by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, create, delete, foreign_key, integer, migration, operation, rename

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import NONE, Constant, Items, Reference
from stitchback.proof.relevance.footprint import (
    Models,
    changed_models,
    lifecycle_models,
    mentioned_models,
    part_on,
    under_all_names,
)

ITEM, BOX = ModelKey.of("shop", "item"), ModelKey.of("shop", "box")
UNREAD = Opaque("cannot be read", "op()", Span("shop/migrations/x.py", 3))
CODE = operation("RunPython", code=Reference("elsewhere.fill"))


def models(*keys: ModelKey, apps: str = "") -> Models:
    return Models(frozenset(keys), frozenset(apps.split()))


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        (models(ITEM, BOX), models(BOX), True),
        (models(ITEM), models(BOX), False),
        (models(apps="shop blog"), models(apps="shop"), True),
        (models(apps="blog"), models(apps="shop"), False),
        (models(apps="shop"), models(ITEM), True),
        (models(apps="blog"), models(ITEM), False),
    ],
)
def test_meeting_is_mutual(one: Models, other: Models, meets: bool) -> None:
    assert one.meets(other) is meets
    assert other.meets(one) is meets


@pytest.mark.parametrize(
    "given",
    [
        create("Item"),
        delete("item"),
        rename("item", "a", "b"),
        operation("RenameModel", old_name=Constant("item"), new_name=Constant("item")),
        operation("AlterModelTable", name=Constant("item")),
        replace(operation("SeparateDatabaseAndState"), state=(create("Item"),)),
        replace(operation("RunSQL", sql=Constant("x")), state=(create("Item"),)),
    ],
    ids=lambda given: given.kind,
)
def test_what_others_refer_to_by_name(given: Operation) -> None:
    assert lifecycle_models(migration("shop.0003_x", "", given)) == models(ITEM)


def test_a_field_is_no_name_that_others_refer_to() -> None:
    assert lifecycle_models(migration("shop.0003_x", "", add("item", "x"))) == models()


@pytest.mark.parametrize("given", [UNREAD, operation("OfTheProject")], ids=["unread", "of the project"])
def test_what_is_not_known_may_change_any_model_of_the_app(given: Operation | Opaque) -> None:
    assert changed_models(migration("shop.0003_x", "", given)) == models(apps="shop")


def test_unread_state_operations_may_change_any_model_of_the_app() -> None:
    def changed(**said: object) -> Models:
        return changed_models(migration("shop.0003_x", "", operation("RunSQL", sql=Constant("x"), **said)))  # type: ignore[arg-type]

    assert changed(state_operations=Reference("elsewhere.OPERATIONS")) == models(apps="shop")
    assert (
        changed() == changed(state_operations=NONE) == changed(state_operations=Items("list", ())) == models()
    )


def test_both_halves_of_an_operation_count() -> None:
    both = replace(
        operation("SeparateDatabaseAndState"), database=(add("item", "x"),), state=(add("box", "x"),)
    )
    assert changed_models(migration("shop.0003_x", "", both)) == models(ITEM, BOX)


def test_every_label_is_mentioned() -> None:
    given = migration(
        "shop.0003_x", "", add("item", "x", foreign_key("blog.Post")), add("item", "y", foreign_key("Box"))
    )
    inner = migration(
        "shop.0003_x", "", replace(operation("SeparateDatabaseAndState"), database=(create("Crate"),))
    )
    assert {ITEM, BOX, ModelKey.of("blog", "post")} <= mentioned_models(given).keys
    assert ModelKey.of("shop", "crate") in mentioned_models(inner).keys
    assert mentioned_models(migration("shop.0003_x", "", UNREAD)) == models()


def test_a_renamed_model_counts_under_all_its_names() -> None:
    chain = [
        migration(
            "shop.0003_x", "", operation("RenameModel", old_name=Constant("box"), new_name=Constant("crate"))
        ),
        migration(
            "shop.0004_x", "", operation("RenameModel", old_name=Constant("crate"), new_name=Constant("item"))
        ),
    ]
    every = models(ITEM, BOX, ModelKey.of("shop", "crate"))
    assert under_all_names(models(BOX), chain) == under_all_names(models(ITEM), chain) == every
    assert under_all_names(models(BOX, apps="blog"), chain).apps == {"blog"}
    assert under_all_names(models(ModelKey.of("shop", "x")), chain) == models(ModelKey.of("shop", "x"))


def test_the_part_of_a_migration_on_some_models() -> None:
    both = replace(
        operation("SeparateDatabaseAndState"), database=(add("box", "a"), add("item", "a"), CODE), state=(add("item", "a"), add("box", "a"))
    )  # fmt: skip
    extension = operation("CreateExtension", name=Constant("hstore"))
    given = migration("shop.0003_x", "", add("box", "b", integer()), add("item", "b"), both, CODE, extension)
    part = part_on(given, models(ITEM))
    assert part is not None
    assert part.operations == (
        add("item", "b"),
        replace(both, database=(add("item", "a"), CODE), state=(add("item", "a"),)),
        *((extension,) if changed_models(migration("shop.0003_x", "", extension)) == models() else ()),
    )
    assert part_on(migration("shop.0003_x", "", add("box", "b"), CODE), models(ITEM)) is None
    assert part_on(migration("shop.0003_x", "", UNREAD), models(ITEM)) is not None
