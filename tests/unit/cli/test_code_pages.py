"""Every code that the source says has a page, and means one thing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import Commands

from stitchback.reporting.pages import pages

SOURCE = Path(__file__).parents[3] / "src" / "stitchback"
CODE = re.compile(r'"(SB\d{3})"')
PAGES = "hazards.pages."
EXAMPLE = ("SB203", "adapters.config")  # in a hint


def uses() -> set[tuple[str, str]]:
    """(code, module below stitchback) for every code that stands in quotes."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if not module.startswith(PAGES):
            found |= {(code, module) for code in CODE.findall(path.read_text(encoding="utf-8"))}
    return found - {EXAMPLE}


def test_every_code_has_a_page() -> None:
    known = {page.code for page in pages()}
    assert sorted({use for use in uses() if use[0] not in known}) == []


def test_a_code_is_said_where_its_page_says_and_nowhere_else() -> None:
    """A module that is not named there means something else by it, or its page has to name it as well."""
    where = {page.code: set(page.where) for page in pages()}
    assert sorted(use for use in uses() if use[1] not in where.get(use[0], set())) == []


def test_no_page_without_a_code() -> None:
    said = {code for code, _ in uses()}
    assert sorted(page.code for page in pages() if page.code not in said) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.code)
def test_a_page_says_something(page: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = Commands(capsys).run(tmp_path, "explain", page.code)  # type: ignore[attr-defined]
    assert done.code == 0
    assert len(done.stdout.splitlines()) >= 3
    assert "\t" not in done.stdout
