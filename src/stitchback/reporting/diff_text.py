"""Unified diffs as text: removed lines in red, added lines in green."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.reporting.style import Line, bold, cyan, green, plain, red


def diff_lines(diff: str) -> Iterator[Line]:
    """The lines in their full width: a wrapped diff could not be applied."""
    for line in diff.splitlines():
        text = line.expandtabs(8)
        if line.startswith(("---", "+++")):
            yield (bold(text),)
        elif line.startswith("@@"):
            yield (cyan(text),)
        elif line.startswith("+"):
            yield (green(text),)
        elif line.startswith("-"):
            yield (red(text),)
        else:
            yield (plain(text),)
