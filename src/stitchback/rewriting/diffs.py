"""Unified diffs of planned changes."""

from __future__ import annotations

import difflib


def unified_diff(path: str, before: bytes | None, after: bytes | None) -> str:
    """The diff in the format of `git diff`, with `/dev/null` for a missing file. "" without differences. Bytes that are not UTF-8 are escaped."""
    old, new = _lines(before), _lines(after)
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    found: list[str] = []
    for line in difflib.unified_diff(old, new, *names):
        found.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(found)


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "backslashreplace")
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]] * (
        not text.endswith("\n") and bool(text)
    )
