"""SB208: the patch branch altered what mainline has removed since."""

from __future__ import annotations

import pytest
from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, alter, char, migration, remove, rename, run_python

from stitchback.hazards.altered_and_gone import AlteredAndGone
from stitchback.model.operations import Operation

LONGER = migration("shop.0003_longer", "shop.0002_base", alter("item", "label", char(200)))
GONE = migration("shop.0004_gone", "shop.0002_base", remove("item", "label"))


def test_an_altered_column_that_mainline_has_removed_is_found() -> None:
    finding = only_finding(AlteredAndGone(), case_of((LONGER,), GONE))
    assert place(finding) == ("SB208", "warning", RELEASE, "shop/migrations/0003_longer.py:1")
    assert (
        finding.message
        == "shop.0003_longer alters column shop.item.label, which shop.0004_gone of main removes"
    )


def test_mainlines_data_operations_before_the_removal_are_named() -> None:
    carried = migration("shop.0003_carried", "shop.0002_base", run_python())
    idle = migration("shop.0003_idle", "shop.0003_carried", run_python(empty=True))
    elsewhere = migration("blog.0002_fill", "blog.0001_initial", run_python("elsewhere"))
    gone = GONE.with_changes(dependencies=(idle.key, elsewhere.key))
    finding = only_finding(AlteredAndGone(), case_of((LONGER,), carried, idle, elsewhere, gone))
    assert finding.message.endswith(" removes; data operations that run before that: shop.0003_carried")


def test_a_column_that_mainline_altered_in_another_way_before_it_removed_it_is_found() -> None:
    other = migration("shop.0003_other", "shop.0002_base", alter("item", "label", char(300)))
    gone = GONE.with_changes(dependencies=(other.key,))
    assert findings(AlteredAndGone(), case_of((LONGER,), other, gone))


def test_near_miss_a_column_that_mainline_altered_in_the_same_way_before_is_not_found() -> None:
    same = migration("shop.0003_same", "shop.0002_base", alter("item", "label", char(200)))
    gone = GONE.with_changes(dependencies=(same.key,))
    assert findings(AlteredAndGone(), case_of((LONGER,), same, gone)) == []


def test_near_miss_a_column_that_mainline_altered_and_kept_is_not_found() -> None:
    other = migration("shop.0003_other", "shop.0002_base", alter("item", "label", char(300)))
    assert findings(AlteredAndGone(), case_of((LONGER,), other)) == []


def test_near_miss_a_column_that_both_branches_added_and_mainline_removed_is_not_found() -> None:
    ours = migration("shop.0003_p", "shop.0002_base", add("item", "color", char(20)))
    theirs = migration("shop.0003_m", "shop.0002_base", add("item", "color", char(40)))
    gone = migration("shop.0004_gone", "shop.0003_m", remove("item", "color"))
    assert findings(AlteredAndGone(), case_of((ours,), theirs, gone)) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (remove("item", "label"), alter("item", "label", char(200))),
        (rename("item", "label", "title"), remove("item", "label")),
        (rename("item", "label", "title"), rename("item", "label", "name")),
    ],
    ids=["removed and altered", "renamed and removed", "renamed twice"],
)
def test_near_miss_contrary_changes_are_not_found(ours: Operation, theirs: Operation) -> None:
    """They are SB207."""
    case = case_of((LONGER.with_changes(operations=(ours,)),), GONE.with_changes(operations=(theirs,)))
    assert findings(AlteredAndGone(), case) == []
