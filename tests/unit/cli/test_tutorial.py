"""docs/tutorial.md: its files are written and its commands run, one after the other, in an empty folder; the output is what stands there."""

from __future__ import annotations

import re
from pathlib import Path

import django
import pytest
import resolve_session
from commands import steady
from golden_files import Golden

COLUMNS = 200
PAGE = Path(__file__).parents[3] / "docs" / "tutorial.md"
STEP = re.compile(
    r'```console\n(?P<session>.*?)```\n|```python title="(?P<path>[^"]+)"\n(?P<text>.*?)```\n', re.DOTALL
)
COMMIT = re.compile(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{7}\b")  # the migrations have the date in them


def same(block: str) -> str:
    return COMMIT.sub("COMMIT", steady(block))


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_tutorial_is_true(tmp_path: Path, golden: Golden) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for step in list(STEP.finditer(page)):
        if step["path"]:
            (tmp_path / step["path"]).write_text(step["text"], encoding="utf-8")
            continue
        commands = [line[2:] for line in step["session"].splitlines() if line.startswith("$ ")]
        true = "".join(
            f"$ {command}\n{resolve_session.run(tmp_path, command, COLUMNS)}" for command in commands
        )
        true = true.replace(str(tmp_path), "/home/you/bakery")
        if golden.update and same(step["session"]) != same(true):
            page = page.replace(step.group(), f"```console\n{true}```\n", 1)
        else:
            assert same(step["session"]) == same(true)
    if golden.update:
        PAGE.write_text(page, encoding="utf-8", newline="\n")
