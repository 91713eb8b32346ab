"""SB101: a file in a migrations folder that cannot be read."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from plans_by_hand import FORK

from stitchback.hazards.unreadable_file import UnreadableFile
from stitchback.model.migrations import Unreadable
from stitchback.model.source import Span

BROKEN = Unreadable(Span("shop/migrations/0003_broken.py", 7), "syntax error: '(' was never closed")


def test_a_file_with_a_syntax_error_is_found_at_its_line_on_either_branch() -> None:
    tree = replace(FORK, unreadable=(BROKEN,))
    finding = only_finding(UnreadableFile(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB101", "error", "main", "shop/migrations/0003_broken.py:7")
    assert finding.message == "syntax error: '(' was never closed"
    assert only_finding(UnreadableFile(), case_of_trees(release=tree)).ref == RELEASE


def test_near_miss_valid_python_2_is_not_found() -> None:
    """It has a finding of its own, SB103."""
    old = replace(BROKEN, is_python2=True)
    assert findings(UnreadableFile(), case_of_trees(mainline=replace(FORK, unreadable=(old,)))) == []
