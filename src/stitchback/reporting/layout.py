"""Lines of a fixed width: wrapped text, and tables with aligned columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from stitchback.reporting.style import Line, Words, plain, visible

WIDTH = 100
_width_here: ContextVar[int] = ContextVar("width", default=WIDTH)
GAP = 3  # spaces between two columns
BLANK: Line = ()


@contextmanager
def columns(width: int) -> Iterator[None]:
    """Lines that are made within are at most so wide."""
    token = _width_here.set(width)
    try:
        yield
    finally:
        _width_here.reset(token)


Cell = tuple[Words, ...]  # one piece a line
_BREAKABLE = re.compile(r"[^/._\-]*[/._\-]+|[^/._\-]+")
_LEAST_ROOM = 20


def cells(text: str) -> int:
    """The number of terminal columns that the text takes."""
    shown = visible(text)
    return len(shown) if shown.isascii() else sum(map(_cells_of, shown))


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(parts: Iterable[Words], indent: int = 0, hang: int = 0) -> Iterator[Line]:
    """The words on as many lines as they need, broken at spaces; `hang` is what all lines but the first are indented by more.

    A name that fills more than a line is broken behind `/`, `.`, `_` or `-`.
    """
    most = _width_here.get()
    room = max(most - indent - hang, _LEAST_ROOM)
    line: list[Words] = [plain(" " * indent)]
    used = indent
    for piece, glued in _pieces(parts, room):
        wide = cells(piece.text)
        if used + wide > most and len(line) > 1 and not glued:
            yield tuple(line)
            line, used = [plain(" " * (indent + hang))], indent + hang
            piece = replace(piece, text=piece.text.lstrip(" "))
            wide = cells(piece.text)
        line.append(piece)
        used += wide
    yield tuple(line)


def _pieces(parts: Iterable[Words], room: int) -> Iterator[tuple[Words, bool]]:
    """Words with the spaces before them, and whether each continues the previous one."""
    glued = False
    for part in parts:
        for text in re.findall(r" *[^ ]+| +", part.text):
            for index, chunk in enumerate(_chunks(text, room)):
                yield replace(part, text=chunk), glued and index == 0 and not chunk.startswith(" ")
            glued = not text.endswith(" ")


def _chunks(text: str, room: int) -> Iterator[str]:
    if cells(text) <= room:
        yield text
        return
    line = ""
    for chunk in _BREAKABLE.findall(text):
        for part in (chunk[start : start + room] for start in range(0, len(chunk), room)):
            if line and cells(line + part) > room:
                yield line
                line = ""
            line += part
    yield line


def aligned(rows: Sequence[Sequence[Cell]], indent: int = 0, first: int = 0) -> tuple[Line, ...] | None:
    """The rows as an aligned table, each column as wide as its widest cell, the first one at least `first`.

    None where that is wider than the page.
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    widths[0] = max(widths[0], first)
    if indent + sum(widths) + GAP * (len(widths) - 1) > _width_here.get():
        return None
    return tuple(line for row in rows for line in _row(row, widths, indent))


def _width(cell: Cell) -> int:
    return max((cells(words.text) for words in cell), default=0)


def _row(row: Sequence[Cell], widths: Sequence[int], indent: int) -> Iterator[Line]:
    for number in range(max(len(cell) for cell in row)):
        line = [plain(" " * indent)]
        for cell, width in zip(row, widths, strict=True):
            words = cell[number] if number < len(cell) else plain("")
            line += [words, plain(" " * (width - cells(words.text) + GAP))]
        yield tuple(line)


def listed(label: Words, items: Iterable[Words], indent: int, width: int) -> Iterator[Line]:
    """A label with items next to it, one a line; `width` is the width of the label's column."""
    first = True
    for item in items:
        head = label if first else plain("")
        gap = plain(" " * max(width - cells(head.text), 0) + " " * GAP)
        yield from wrapped((head, gap, item), indent, width + GAP)
        first = False


def flowing(label: Words, names: Sequence[str], indent: int, width: int) -> Iterator[Line]:
    """A label with names next to it, separated by commas."""
    words = [plain(f"{name}," if place < len(names) - 1 else name) for place, name in enumerate(names)]
    words = [words[0], *(replace(word, text=f" {word.text}") for word in words[1:])]
    gap = plain(" " * max(width - cells(label.text), 0) + " " * GAP)
    yield from wrapped((label, gap, *words), indent, width + GAP)
