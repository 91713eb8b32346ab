"""SB213: mainline has edited a released migration, and it results in another schema."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, char, edited, key, keys, migration, run_python
from plans_by_hand import FORK, changed

from stitchback.hazards import find_all
from stitchback.hazards.edited_after_release import EditedAfterRelease

BASE = FORK.migrations[key("shop.0002_base")]


def test_a_released_migration_with_one_more_column_is_found_at_mainlines_file() -> None:
    more = BASE.with_changes(operations=(*BASE.operations, add("item", "size")), path="moved/0002_base.py")
    finding = only_finding(EditedAfterRelease(), case_of((), more))
    assert place(finding) == ("SB213", "error", RELEASE, "moved/0002_base.py:1")
    assert "shop/migrations/0002_base.py as released" in finding.message
    assert finding.message.endswith("databases that have applied it lack column shop.item.size")


def test_the_column_that_a_released_migration_no_longer_creates_is_named() -> None:
    finding = only_finding(EditedAfterRelease(), case_of((), BASE.with_changes(operations=())))
    assert finding.message.endswith("have column shop.item.base, which it no longer creates")
    assert "than the released file (v2.4" in finding.message


def test_the_column_that_mainline_has_moved_to_another_migration_is_named() -> None:
    moved = migration("shop.0003_moved", "shop.0002_base", *BASE.operations)
    finding = only_finding(EditedAfterRelease(), case_of((), BASE.with_changes(operations=()), moved))
    assert finding.message.endswith(
        "have column shop.item.base already, which another migration creates on mainline"
    )
    assert "no longer creates" not in finding.message


def test_the_column_that_mainline_has_made_longer_is_named() -> None:
    longer = BASE.with_changes(operations=(add("item", "base", char(40)),))
    finding = only_finding(EditedAfterRelease(), case_of((), longer))
    assert finding.message.endswith("have a different column shop.item.base")
    assert "no longer creates" not in finding.message


def test_a_released_migration_that_the_patch_branch_has_edited_is_found_at_its_file() -> None:
    more = BASE.with_changes(operations=(*BASE.operations, add("item", "size")), path="moved/0002_base.py")
    finding = only_finding(EditedAfterRelease(), case_of((more,)))
    assert place(finding) == ("SB213", "error", RELEASE, "moved/0002_base.py:1")
    assert "was edited on release/2.4 after its release (v2.4" in finding.message
    assert finding.message.endswith("have column shop.item.size, which it no longer creates")


def test_data_operations_are_no_part_of_the_message() -> None:
    data = edited(BASE, operations=(*BASE.operations, run_python("old")))
    more = edited(BASE, operations=(*BASE.operations, add("item", "size")))
    finding = only_finding(EditedAfterRelease(), case_of((), more, fork=changed(FORK, data)))
    assert finding.message.endswith("databases that have applied it lack column shop.item.size")


def test_a_new_dependency_on_what_the_release_has_adds_no_other_finding() -> None:
    new = BASE.with_changes(
        operations=(*BASE.operations, add("item", "size")),
        dependencies=(*BASE.dependencies, *keys("blog.0001_initial")),
    )
    assert [finding.code for finding in find_all(case_of((), new))] == ["SB213"]


def test_near_miss_a_released_migration_with_another_layout_is_not_found() -> None:
    assert list(find_all(case_of((), BASE.with_changes(blob="other")))) == []


def test_near_miss_a_released_migration_with_another_data_operation_is_not_found() -> None:
    """The schema is the same; SB205 reports the data operation."""
    data = BASE.with_changes(operations=(*BASE.operations, run_python("fix")))
    assert findings(EditedAfterRelease(), case_of((), data)) == []


def test_near_miss_a_migration_of_one_name_made_on_both_branches_is_not_found() -> None:
    """It was not released before the fork point; SB201 reports it."""
    ours = BASE.with_changes(key=key("shop.0003_n"), operations=(add("item", "color"),))
    theirs = ours.with_changes(operations=(add("item", "size"),), blob="other")
    assert findings(EditedAfterRelease(), case_of((ours,), theirs)) == []
