"""SB301: a dependency that the migration's own branch lacks."""

from __future__ import annotations

import pytest
from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, changed

from stitchback.hazards.missing_parent import MissingParent
from stitchback.model.migrations import Migration


def test_a_dependency_that_only_the_other_branch_has_is_found() -> None:
    copied = migration("shop.0004_copied", "shop.0003_other")
    mainline = changed(FORK, migration("shop.0003_other", "shop.0002_base"), copied)
    finding = only_finding(MissingParent(), case_of_trees(mainline, changed(FORK, copied)))
    assert place(finding) == ("SB301", "error", RELEASE, "shop/migrations/0004_copied.py:1")
    assert finding.message == "shop.0004_copied depends on shop.0003_other, which release/2.4 lacks"


def test_it_is_found_on_mainline_too() -> None:
    lost = migration("shop.0003_lost", "blog.0009_gone")
    assert only_finding(MissingParent(), case_of_trees(changed(FORK, lost))).ref == "main"


def test_a_run_before_without_a_migration_is_found_at_the_migration_that_has_it() -> None:
    before = migration("shop.0003_before", "shop.0002_base", run_before="blog.0009_gone")
    finding = only_finding(MissingParent(), case_of_trees(changed(FORK, before)))
    assert place(finding)[3] == "shop/migrations/0003_before.py:1"
    assert finding.message == "`run_before` of shop.0003_before names blog.0009_gone, which main lacks"


@pytest.mark.parametrize(
    ("parent", "beside"),
    [
        ("auth.0012_last", migration("blog.0002_z", "blog.0001_initial")),
        ("shop.0000_old", migration("shop.0001_squashed", "", replaces="shop.0000_old")),
    ],
    ids=["of an installed package", "of a name that a squash replaces"],
)
def test_near_miss_a_dependency_without_a_file_is_not_found(parent: str, beside: Migration) -> None:
    child = migration("shop.0003_child", f"shop.0002_base {parent}")
    assert findings(MissingParent(), case_of_trees(changed(FORK, child, beside))) == []
