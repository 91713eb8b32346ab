"""SB103: a migration file in the syntax of Python 2."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import RELEASE, case_of_trees, findings, only_finding, place
from plans_by_hand import FORK

from stitchback.hazards.python2_file import Python2File
from stitchback.model.migrations import Unreadable
from stitchback.model.source import Span

PRINT = Unreadable(Span("shop/migrations/0003_old.py", 4), "Python 2 syntax: print 'moved'", is_python2=True)


def test_a_print_statement_is_found_at_its_line_on_either_branch() -> None:
    tree = replace(FORK, unreadable=(PRINT,))
    finding = only_finding(Python2File(), case_of_trees(mainline=tree))
    assert place(finding) == ("SB103", "error", "main", "shop/migrations/0003_old.py:4")
    assert finding.message == "Python 2 syntax: print 'moved'"
    assert "Write shop/migrations/0003_old.py for Python 3" in finding.hint
    assert only_finding(Python2File(), case_of_trees(release=tree)).ref == RELEASE


def test_near_miss_another_syntax_error_is_not_found() -> None:
    """No Python reads it: SB101."""
    broken = replace(PRINT, reason="syntax error", is_python2=False)
    assert findings(Python2File(), case_of_trees(mainline=replace(FORK, unreadable=(broken,)))) == []
