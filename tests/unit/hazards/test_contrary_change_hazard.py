"""SB207: both branches changed one schema object, and no order of the two changes is right for both."""

from __future__ import annotations

import pytest
from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import alter, char, migration, remove, rename

from stitchback.hazards.contrary_change import ContraryChange
from stitchback.matching.case import Case
from stitchback.model.operations import Operation


def changed_to(ours: Operation, theirs: Operation) -> Case:
    return case_of(
        (migration("shop.0003_p", "shop.0002_base", ours),),
        migration("shop.0003_m", "shop.0002_base", theirs),
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (remove("item", "label"), alter("item", "label", char(200))),
        (rename("item", "label", "title"), remove("item", "label")),
        (rename("item", "label", "title"), rename("item", "label", "name")),
    ],
    ids=["removed and altered", "renamed and removed", "renamed to two names"],
)
def test_contrary_changes_of_one_column_are_found(ours: Operation, theirs: Operation) -> None:
    finding = only_finding(ContraryChange(), changed_to(ours, theirs))
    assert place(finding) == ("SB207", "error", RELEASE, "shop/migrations/0003_p.py:1")
    assert (
        finding.message
        == "shop.0003_p of release/2.4 and shop.0003_m of main change column shop.item.label in contrary ways"
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (remove("item", "label"), remove("item", "label")),
        (rename("item", "label", "title"), rename("item", "label", "title")),
        (alter("item", "label", char(200)), remove("item", "label")),
        (alter("item", "label", char(200)), alter("item", "label", char(300))),
        (remove("item", "label"), alter("item", "base", char(200))),
    ],
    ids=["removed on both", "renamed alike", "altered and removed", "altered twice", "two columns"],
)
def test_near_miss_changes_of_which_one_may_come_last_are_not_found(
    ours: Operation, theirs: Operation
) -> None:
    assert findings(ContraryChange(), changed_to(ours, theirs)) == []
