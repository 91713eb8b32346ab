"""Remarks on stderr."""

from __future__ import annotations

from stitchback.reporting.repair_text import render_remarks

LONG = (
    "`migrate --fake` cannot be used here: it would fake shop.0004_catalogue_colours too, which has not run"
)


def test_a_long_remark_has_at_most_80_columns() -> None:
    lines = render_remarks(["First.", LONG]).splitlines()
    assert lines[0] == "First."
    assert " ".join(lines[1:]) == LONG
    assert max(map(len, lines)) <= 80


def test_a_command_stays_on_one_line() -> None:
    command = f"    python manage.py migrate --fake shop 0003_{'x' * 80}"
    assert render_remarks(["Run this:", command]) == f"Run this:\n{command}"
