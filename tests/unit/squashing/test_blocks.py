from __future__ import annotations

from migration_values import key, keys, migration, tree

from stitchback.graph import MigrationGraph
from stitchback.model.migrations import Tree
from stitchback.squashing.blocks import Block, blocks_of, dependencies_between, squash_key


def blocks(given: Tree, *apps: str) -> list[str]:
    wanted = [each for each in given.migrations if each.app in apps]
    return [" ".join(map(str, block.migrations)) for block in blocks_of(MigrationGraph.raw(given), wanted)]


def test_one_app_is_one_block() -> None:
    given = tree(
        migration("shop.0001"), migration("shop.0002", "shop.0001"), migration("a.0001", "shop.0002")
    )
    assert blocks(given, "shop") == ["shop.0001 shop.0002"]


def test_apps_that_take_turns_are_cut() -> None:
    given = tree(
        migration("shop.0001"), migration("a.0001", "shop.0001"), migration("shop.0002", "shop.0001 a.0001")
    )
    assert blocks(given, "shop", "a") == ["shop.0001", "a.0001", "shop.0002"]
    assert blocks(given, "shop") == ["shop.0001", "shop.0002"], "also through an app that is not squashed"


def test_near_miss_a_dependency_in_one_direction_cuts_nothing() -> None:
    given = tree(
        migration("shop.0001"),
        migration("shop.0002", "shop.0001"),
        migration("a.0001", "shop.0001"),
        migration("a.0002", "a.0001 shop.0002"),
    )
    assert blocks(given, "shop", "a") == ["shop.0001 shop.0002", "a.0001 a.0002"]


def test_two_blocks_that_depend_on_each_other_by_different_members_are_cut() -> None:
    """No member of a block comes before itself here, and yet neither block could come first."""
    given = tree(
        migration("shop.0001"),
        migration("a.0001"),
        migration("shop.0002", "shop.0001 a.0001"),
        migration("a.0002", "a.0001 shop.0001"),
    )
    assert sorted(blocks(given, "shop", "a")) == ["a.0001 a.0002", "shop.0001", "shop.0002"]


def test_what_a_block_depends_on() -> None:
    given = tree(
        migration("shop.0001", "b.0001"),
        migration("a.0001", "shop.0001"),
        migration("b.0001"),
        migration("shop.0002", "shop.0001 a.0001"),
    )
    graph = MigrationGraph.raw(given)
    found = blocks_of(graph, [each for each in given.migrations if each.app != "b"])
    between = dependencies_between(graph, found)
    first, middle, last = found
    assert between[first] == (frozenset(), frozenset(keys("b.0001")))
    assert between[last] == (frozenset({first, middle}), frozenset())


def test_names_keep_the_order() -> None:
    block = Block(keys("shop.0001_initial shop.0002_a shop.0046_z"))
    name = squash_key(block, ())
    assert name == key("shop.0001_squashed_0046")
    assert sorted(["0047_next", name.name, "0001_initial"]) == [
        "0001_initial",
        "0001_squashed_0046",
        "0047_next",
    ]


def test_a_block_of_one_and_a_name_that_is_taken() -> None:
    block = Block(keys("shop.0002_a"))
    assert squash_key(block, ()) == key("shop.0002_squashed")
    assert squash_key(block, keys("shop.0002_squashed shop.0002_squashed_2")) == key("shop.0002_squashed_3")


def test_names_without_a_number() -> None:
    assert squash_key(Block(keys("shop.first shop.second")), ()) == key("shop.first_squashed_second")
