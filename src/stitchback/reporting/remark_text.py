"""Remarks for stderr, at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.reporting.layout import columns, wrapped
from stitchback.reporting.style import Line, page, plain

WIDTH = 80
COMMAND = "    "  # a remark that begins with this is a command, and is not wrapped


def render_remarks(remarks: Iterable[str]) -> str:
    """The remarks, each on lines of its own."""
    with columns(WIDTH):
        return page(_lines(remarks))


def _lines(remarks: Iterable[str]) -> Iterator[Line]:
    for remark in remarks:
        yield from ((plain(remark),),) if remark.startswith(COMMAND) else wrapped((plain(remark),))
