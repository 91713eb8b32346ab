"""SB105: `replaces` of a migration leads back to the migration."""

from __future__ import annotations

import pytest
from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, changed

from stitchback.hazards.replaces_itself import ReplacesItself

ITSELF = migration("shop.0003_squashed", "shop.0002_base", replaces="shop.0002_base shop.0003_squashed")


def test_a_squash_that_lists_its_own_name_is_found_on_either_branch() -> None:
    tree = changed(FORK, ITSELF)
    finding = only_finding(ReplacesItself(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB105", "error", "main", "shop/migrations/0003_squashed.py:1")
    assert "leads back to shop.0003_squashed" in finding.message
    assert only_finding(ReplacesItself(), case_of_trees(release=tree)).ref == RELEASE


def test_two_squashes_that_replace_each_other_are_found_both() -> None:
    one = migration("shop.0003_one", "", replaces="shop.0003_two")
    two = migration("shop.0003_two", "", replaces="shop.0003_one")
    found = findings(ReplacesItself(), case_of_trees(mainline=changed(FORK, one, two)))
    assert [finding.message.split(" ")[2] for finding in found] == ["shop.0003_one", "shop.0003_two"]


@pytest.mark.parametrize("replaces", ["shop.0001_initial shop.0002_base", "shop.0003_squash"])
def test_near_miss_a_squash_of_other_names_is_not_found(replaces: str) -> None:
    squash = migration("shop.0003_squashed", "", replaces=replaces)
    assert findings(ReplacesItself(), case_of_trees(mainline=changed(FORK, squash))) == []


def test_near_miss_a_squash_of_a_squash_is_not_found() -> None:
    inner = migration("shop.0001_inner", "", replaces="shop.0001_initial")
    outer = migration("shop.0001_outer", "", replaces="shop.0001_inner shop.0002_base")
    assert findings(ReplacesItself(), case_of_trees(mainline=changed(FORK, inner, outer))) == []
