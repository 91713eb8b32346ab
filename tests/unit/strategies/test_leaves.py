"""The leaves of an app beside a squash whose replaced files are still there."""

from __future__ import annotations

from migration_values import key, keys, migration
from plans_by_hand import FORK, changed

from stitchback.model.migrations import Tree
from stitchback.strategies.leaves import leaves

LAST = migration("shop.0003_last", "shop.0002_base")
SQUASH = migration("shop.0001_squashed").with_changes(
    replaces=keys("shop.0001_initial shop.0002_base shop.0003_last")
)
SQUASHED = changed(FORK, LAST, SQUASH)


def named(tree: Tree) -> list[str]:
    return [each.name for each in leaves(tree, "shop")]


def test_the_squash_is_the_leaf() -> None:
    assert named(SQUASHED) == ["0001_squashed"]


def test_what_depends_on_the_squash_is_the_leaf() -> None:
    assert named(changed(SQUASHED, migration("shop.0004_next", "shop.0001_squashed"))) == ["0004_next"]


def test_near_miss_what_depends_on_the_last_replaced_migration_is_the_only_leaf() -> None:
    assert named(changed(SQUASHED, migration("shop.0004_next", "shop.0003_last"))) == ["0004_next"]


def test_what_depends_on_an_earlier_replaced_migration_leaves_two_leaves_on_a_half_way_database() -> None:
    """With the squash, 0003_last counts as the squash, on which 0003_more depends then."""
    tree = changed(SQUASHED, migration("shop.0003_more", "shop.0002_base"))
    assert named(tree) == ["0003_last", "0003_more"]
    joined = migration("shop.0004_merge", "shop.0003_last shop.0003_more")
    assert named(changed(tree, joined)) == ["0004_merge"]


def test_a_ghost_without_a_file_is_no_leaf() -> None:
    stitched = migration("shop.0003_stitched_p", "shop.0002_base").with_changes(
        replaces=(key("shop.0003_p"),)
    )
    assert named(changed(FORK, stitched)) == ["0003_stitched_p"]
