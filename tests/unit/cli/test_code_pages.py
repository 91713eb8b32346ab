"""Every code that the source says has a page, and means one thing."""

from __future__ import annotations

import ast
import re
import shlex
from itertools import groupby
from pathlib import Path

import pytest
from commands import Commands

from stitchback.adapters.config import parse_configuration
from stitchback.cli.group import COMMANDS
from stitchback.model.configuration import Configuration
from stitchback.reporting.pages import EXAMPLE, EXPLANATIONS, Page, pages

SOURCE = Path(__file__).parents[3] / "src" / "stitchback"
CODE = re.compile(r'"(SB\d{3})"')
IN_A_HINT = ("SB203", "adapters.config")


def uses() -> set[tuple[str, str]]:
    """(code, module below stitchback) for every code that stands in quotes."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        found |= {(code, module) for code in CODE.findall(path.read_text(encoding="utf-8"))}
    return found - {IN_A_HINT}


def test_every_code_has_a_page() -> None:
    known = {page.code for page in pages()}
    assert sorted({use for use in uses() if use[0] not in known}) == []


def test_a_code_is_said_where_its_page_says_and_nowhere_else() -> None:
    """A module that is not named there means something else by it, or its page has to name it as well."""
    where = {page.code: set(page.where) for page in pages()}
    assert sorted(use for use in uses() if use[1] not in where.get(use[0], set())) == []


def test_the_file_of_a_page_is_named_after_its_code() -> None:
    """And a class has the page of its code: `pages` reads every file, and finds a class for each that names no module."""
    assert sorted(file.name for file in EXPLANATIONS.iterdir()) == [f"{page.code}.md" for page in pages()]


def test_no_page_without_a_code() -> None:
    said = {code for code, _ in uses()}
    assert sorted(page.code for page in pages() if page.code not in said) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.code)
def test_a_page_says_something(page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = Commands(capsys).run(tmp_path, "explain", page.code)
    assert done.code == 0
    assert len(done.stdout.splitlines()) >= 3
    assert "\t" not in done.stdout
    assert not re.search(r"^(\[tool|pip install)", page.text, re.MULTILINE), "an example is fenced"


def examples(text: str) -> list[str]:
    """The examples of a page: lines that are indented, with the empty lines between them."""
    blocks = groupby(text.split("\n\n"), key=lambda part: part.startswith(EXAMPLE))
    return ["\n\n".join(parts) for is_example, parts in blocks if is_example]


@pytest.mark.parametrize(
    "page", [page for page in pages() if examples(page.text)], ids=lambda page: page.code
)
def test_the_examples_of_a_page_can_be_pasted(
    page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """TOML is a configuration as it is printed; Python is a list of operations; a command is one of ours, or pip's."""
    printed = Commands(capsys).run(tmp_path, "explain", page.code).stdout
    for example in examples(page.text):
        assert example in printed
        if example.strip().startswith("["):
            assert parse_configuration(example.encode(), "pyproject.toml") != Configuration()
        elif "migrations." in example:
            ast.parse(f"[{example}]")
        else:
            commands = [shlex.split(line) for line in example.splitlines()]
            assert all(line[:2] == ["pip", "install"] or line[1] in COMMANDS for line in commands)


def test_explain_keeps_the_lines_of_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Commands(capsys).run(tmp_path, "explain", "SB308").stdout
    assert '\n    [tool.stitchback.packages]\n    tags = "0008_tag_weight"\n' in page
