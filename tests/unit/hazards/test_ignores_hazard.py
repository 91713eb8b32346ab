"""A comment that is to suppress findings has a code and a reason."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, findings, only_finding, place
from migration_values import add, migration

from stitchback.hazards.ignores import IgnoreWithoutReason
from stitchback.model.migrations import Migration


def commented(*lines: str) -> Migration:
    file = migration("shop.0003_colour", "shop.0002_base", add("item", "colour"))
    return file.with_changes(provenance=lines)


@pytest.mark.parametrize("line", ["ignore[SB302]", "ignore SB302 because", "ignore[] both are merged"])
def test_a_comment_without_code_or_reason_is_found_in_its_file(line: str) -> None:
    found = only_finding(IgnoreWithoutReason(), case_of((), commented(line)))
    assert place(found) == ("SB108", "error", "main", "shop/migrations/0003_colour.py:1")
    assert line in found.message


@pytest.mark.parametrize("line", ["ignore[SB302] both are merged in 0009", "ignore[SB302, SB314] on purpose"])
def test_near_miss_a_comment_with_both(line: str) -> None:
    assert findings(IgnoreWithoutReason(), case_of((), commented(line))) == []


def test_near_miss_another_comment_of_stitchback() -> None:
    assert findings(IgnoreWithoutReason(), case_of((), commented("covers shop.0003_p of release/2.4"))) == []
