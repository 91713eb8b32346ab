from __future__ import annotations

from collections.abc import Mapping

import pytest
from migration_values import add, char, create, foreign_key, keys, migration

from stitchback.errors import Refusal
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.squashing.blocks import Block
from stitchback.squashing.placing import Ground, placed

SHOP1, PEOPLE, SHOP2 = (Block(keys(name)) for name in ("shop.0001", "people.0001", "shop.0002"))
BEFORE = {SHOP1: frozenset[Block](), PEOPLE: frozenset({SHOP1}), SHOP2: frozenset({SHOP1, PEOPLE})}


def ground(**others: frozenset[ModelKey]) -> Ground:
    blocks = {"shop": (SHOP1, SHOP2), "people": (PEOPLE,)}
    known = {
        SHOP1: frozenset[ModelKey](),
        PEOPLE: frozenset[ModelKey](),
        SHOP2: others.get("last", frozenset()),
    }
    return Ground(blocks, BEFORE, known, {})


def words(
    generated: Mapping[str, tuple[Migration, ...]], given: Ground | None = None
) -> dict[Block, list[str]]:
    found = placed(given or ground(), generated)
    return {block: [str(each.operation) for each in operations] for block, operations in found.items()}


def test_a_relation_whose_model_comes_later_is_added_there() -> None:
    item = migration("shop.1", "", create("Item", name=char(), owner=foreign_key("people.Person")))
    person = migration("people.1", "", create("Person", favourite=foreign_key("shop.Item")))
    found = words({"shop": (item,), "people": (person,)})
    assert ["owner" in each for each in found[SHOP1]] == [False]
    assert [each.partition("(")[0] for each in found[SHOP2]] == ["AddField"]
    assert [each.partition("(")[0] for each in found[PEOPLE]] == ["CreateModel"], "its model is there before"


def test_what_follows_on_a_model_comes_after_its_last_field() -> None:
    item = migration("shop.1", "", create("Item", owner=foreign_key("people.Person")), add("item", "size"))
    found = words({"shop": (item,), "people": (migration("people.1", "", create("Person")),)})
    assert [each.partition("(")[0] for each in found[SHOP2]] == ["AddField", "AddField"]
    assert "owner" in found[SHOP2][0]


def test_the_text_is_kept_where_nothing_is_taken_out() -> None:
    item = migration("shop.1", "", create("Item", name=char()))
    found = placed(ground(), {"shop": (item,), "people": ()})
    assert [(each.source, each.index) for each in found[SHOP1]] == [(item, 0)]


def test_a_model_of_another_app_is_there_from_the_block_that_depends_on_it() -> None:
    item = migration("shop.1", "", create("Item", bill=foreign_key("billing.Bill")))
    found = words({"shop": (item,)}, ground(last=frozenset({ModelKey("billing", "bill")})))
    assert [each.partition("(")[0] for each in found[SHOP2]] == ["AddField"]


def test_a_model_that_no_block_can_have_is_refused() -> None:
    item = migration("shop.1", "", create("Item", bill=foreign_key("billing.Bill")))
    with pytest.raises(Refusal) as refusal:
        placed(ground(), {"shop": (item,)})
    assert refusal.value.code == "SB704"


def test_a_relation_within_a_block_stays_in_its_model() -> None:
    generated = migration("shop.1", "", create("Item"), create("Part", item=foreign_key("shop.Item")))
    found = words({"shop": (generated,)})
    assert [each.partition("(")[0] for each in found[SHOP1]] == ["CreateModel", "CreateModel"]
    assert found[SHOP2] == []
