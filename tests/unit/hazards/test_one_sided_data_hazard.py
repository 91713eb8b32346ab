"""SB206: a data operation of the patch branch that mainline does not have."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, migration, run_imported, run_python

from stitchback.hazards.one_sided_data import OneSidedData

FILL = migration("shop.0003_fill", "shop.0002_base", run_python("fill"))


def test_a_data_operation_of_the_patch_branch_alone_is_found() -> None:
    finding = only_finding(OneSidedData(), case_of((FILL,)))
    assert place(finding) == ("SB206", "warning", RELEASE, "shop/migrations/0003_fill.py:1")
    assert finding.message.startswith("shop.0003_fill: RunPython")
    assert finding.message.endswith("changes data on release/2.4 only")


def test_a_data_operation_with_other_code_on_mainline_is_found() -> None:
    other = migration("shop.0003_other", "shop.0002_base", run_python("other"))
    assert len(findings(OneSidedData(), case_of((FILL,), other))) == 1


def test_the_same_text_that_imports_other_code_on_mainline_is_found_with_what_differs() -> None:
    ours = migration("shop.0003_fill", "shop.0002_base", run_imported("ours"))
    theirs = migration("shop.0003_other", "shop.0002_base", run_imported("theirs"))
    finding = only_finding(OneSidedData(), case_of((ours,), theirs))
    assert finding.message.endswith(
        "; shop.0003_other has the same text on mainline, and these differ: shop.rules.fill"
    )


def test_near_miss_a_data_operation_with_the_same_code_under_another_name_is_not_found() -> None:
    same = migration("shop.0003_same", "shop.0002_base", run_python("fill"))
    assert findings(OneSidedData(), case_of((FILL,), same)) == []


def test_near_miss_a_data_operation_that_does_nothing_is_not_found() -> None:
    idle = migration("shop.0003_idle", "shop.0002_base", run_python("idle", empty=True))
    assert findings(OneSidedData(), case_of((idle,))) == []


def test_near_miss_a_column_of_the_patch_branch_alone_is_not_found() -> None:
    column = migration("shop.0003_p", "shop.0002_base", add("item", "color"))
    assert findings(OneSidedData(), case_of((column,))) == []
