"""SB302: an app with more than one leaf node."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, changed

from stitchback.hazards.several_leaves import SeveralLeaves

ONE = migration("shop.0003_one", "shop.0002_base")
TWO = migration("shop.0003_two", "shop.0002_base")


def test_two_leaf_nodes_are_found_at_the_first_one_on_either_branch() -> None:
    tree = changed(FORK, ONE, TWO)
    finding = only_finding(SeveralLeaves(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB302", "error", "main", "shop/migrations/0003_one.py:1")
    assert finding.message == "shop has 2 leaf nodes: 0003_one, 0003_two"
    assert only_finding(SeveralLeaves(), case_of_trees(release=tree)).ref == RELEASE


def test_near_miss_one_leaf_node_on_each_branch_is_not_found() -> None:
    """Nothing is wrong before git merges the two."""
    assert findings(SeveralLeaves(), case_of_trees(changed(FORK, ONE), changed(FORK, TWO))) == []


def test_near_miss_leaf_nodes_that_a_merge_migration_joins_are_not_found() -> None:
    merge = migration("shop.0004_merge", "shop.0003_one shop.0003_two")
    assert findings(SeveralLeaves(), case_of_trees(changed(FORK, ONE, TWO, merge))) == []


def test_near_miss_a_squash_beside_the_files_that_it_replaces_is_not_found() -> None:
    squash = migration("shop.0003_squashed", "shop.0002_base", replaces="shop.0003_one")
    assert findings(SeveralLeaves(), case_of_trees(changed(FORK, ONE, squash))) == []
