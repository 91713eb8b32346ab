"""SB303: migrations that depend on each other in a circle."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, changed

from stitchback.hazards.cycle import Cycle


def test_two_apps_that_depend_on_each_other_in_a_circle_are_found_on_either_branch() -> None:
    tree = changed(
        FORK,
        migration("shop.0003_a", "shop.0002_base blog.0002_b"),
        migration("blog.0002_b", "blog.0001_initial shop.0003_a"),
    )
    finding = only_finding(Cycle(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB303", "error", "main", "blog/migrations/0002_b.py:1")
    assert finding.message == "blog.0002_b -> shop.0003_a -> blog.0002_b"
    assert only_finding(Cycle(), case_of_trees(release=tree)).ref == RELEASE


def test_near_miss_two_apps_that_depend_on_earlier_migrations_of_each_other_are_not_found() -> None:
    tree = changed(
        FORK,
        migration("shop.0003_a", "shop.0002_base blog.0001_initial"),
        migration("blog.0002_b", "blog.0001_initial shop.0003_a"),
    )
    assert findings(Cycle(), case_of_trees(mainline=tree)) == []
