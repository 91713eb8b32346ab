"""Diffs as `git diff` shows them: git itself can apply them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stitchback.rewriting.rendering import unified_diff

CASES = {
    "changed": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "made": (None, b"a\nb\n"),
    "deleted": (b"a\nb\n", None),
    "no newline at the end": (b"a\nb", b"a\nb\nc"),
    "newline added": (b"a\nb", b"a\nb\n"),
    "carriage returns": (b"a\r\nb\r\n", b"a\r\nB\r\n"),
    "form feed within a line": (b"a\x0cb\nc\n", b"a\x0cb\nd\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_git_can_apply_it(name: str, tmp_path: Path) -> None:
    before, after = CASES[name]
    target = tmp_path / "a b.py"
    if before is not None:
        target.write_bytes(before)
    diff = unified_diff("a b.py", before, after)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=diff.encode(), check=True)
    assert (target.read_bytes() if target.exists() else None) == after


def test_nothing_where_nothing_differs() -> None:
    assert unified_diff("x.py", b"a", b"a") == ""
