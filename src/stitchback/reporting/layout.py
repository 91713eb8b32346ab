"""Lines of a report: styled, and as wide as the terminal, or of a fixed width where the output is no terminal:
wrapped text, tables with aligned columns, and diffs. The printing function removes the ANSI codes if colour is off (`click.echo` does)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache, partial

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from stitchback.reporting.escaping import harmless, visible


class Style(StrEnum):
    """The names that rich has for them."""

    PLAIN = ""
    BOLD = "bold"
    DIM = "dim"
    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"
    CYAN = "cyan"


Line = tuple[Text, ...]


def styled(style: Style, text: str) -> Text:
    """A part of a line. `text` may come from an untrusted branch: it is escaped here, and nothing in it is markup."""
    return Text(visible(text), style)


plain = partial(styled, Style.PLAIN)
bold = partial(styled, Style.BOLD)
dim = partial(styled, Style.DIM)
red = partial(styled, Style.RED)
green = partial(styled, Style.GREEN)
yellow = partial(styled, Style.YELLOW)
cyan = partial(styled, Style.CYAN)


@cache
def console() -> Console:
    """It lays out and prints nothing: the same lines whatever the environment."""
    return Console(color_system="standard", force_terminal=True, legacy_windows=False, _environ={})


def paint(line: Iterable[Text]) -> str:
    """The line with its styles, without trailing spaces."""
    text = Text.assemble(*line, end="")
    text.rstrip()
    return "".join(
        segment.style.render(segment.text, color_system=ColorSystem.STANDARD)
        if segment.style
        else segment.text
        for segment in Segment.simplify(text.render(console()))
    )


def page(lines: Iterable[Line]) -> str:
    """All lines, without a final line break and without empty lines at the start and end."""
    return harmless("\n".join(map(paint, lines)).strip("\n"))


WIDTH = 100  # of a page that is not shown on a terminal: the same bytes everywhere
GAP = 3  # spaces between two columns
BLANK: Line = ()
_LEAST_ROOM = 20
_UNLIMITED = 10_000  # columns: a table is measured before it is compared with the page
_BREAKABLE = re.compile(r"[^/._\-]*[/._\-]+|[^/._\-]+")
_page: ContextVar[int] = ContextVar("page", default=WIDTH)
_terminal: ContextVar[int | None] = ContextVar("terminal", default=None)

Cell = tuple[Text, ...]  # one piece a line


@contextmanager
def columns(width: int) -> Iterator[None]:
    """Sets the page's width."""
    token = _page.set(width)
    try:
        yield
    finally:
        _page.reset(token)


@contextmanager
def on_terminal(width: int) -> Iterator[None]:
    """Sets the terminal's width, which counts instead of the page's."""
    token = _terminal.set(width)
    try:
        yield
    finally:
        _terminal.reset(token)


def _width() -> int:
    return _terminal.get() or _page.get()


def cells(text: str) -> int:
    """The number of terminal columns that the text takes."""
    return cell_len(visible(text))


def wrapped(parts: Iterable[Text], indent: int = 0, hang: int = 0) -> Iterator[Line]:
    """The words on as many lines as they need, broken at spaces; `hang` is the additional indentation of all lines but the first.

    A name that is longer than a line is broken behind `/`, `.`, `_` or `-`.
    """
    room = max(_width() - indent - hang, _LEAST_ROOM)
    text = Text.assemble(*parts)
    cut = next((n for n in range(min(hang, len(text)), 0, -1) if cell_len(text.plain[:n]) <= hang), 0)
    before, body = text.divide([cut]) if cut else (plain(""), text)
    margin: Line = (plain(" " * indent), before)
    for line in _with_breaks(body, room).wrap(console(), room):
        yield (*margin, line)
        margin = (plain(" " * (indent + hang)),)


def _with_breaks(text: Text, room: int) -> Text:
    """The text with line breaks in words that are longer than the room."""
    offsets = [
        word.start() + offset
        for word in re.finditer("[^ ]+", text.plain)
        if cell_len(word[0]) > room
        for offset in _breaks(word[0], room)
    ]
    return Text("\n").join(text.divide(offsets)) if offsets else text


def _breaks(word: str, room: int) -> Iterator[int]:
    start = end = 0
    for piece in _BREAKABLE.findall(word):
        if end > start and cell_len(word[start : end + len(piece)]) > room:
            yield end
            start = end
        end += len(piece)


def aligned(rows: Sequence[Sequence[Cell]], indent: int = 0, first: int = 0) -> tuple[Line, ...] | None:
    """The rows as an aligned table, each column as wide as its widest cell, the first one at least `first`.

    None where that is wider than the page.
    """
    table = Table.grid(padding=(0, GAP, 0, 0))
    for number, _ in enumerate(rows[0]):
        table.add_column(no_wrap=True, min_width=None if number else first)
    for row in rows:
        table.add_row(*(Text("\n").join(cell) for cell in row))
    options = console().options.update(width=_UNLIMITED)
    width = indent + console().measure(table, options=options).maximum
    if width > _width():
        return None
    found = console().render_lines(Padding(table, (0, 0, 0, indent)), options.update(width=width))
    return tuple(tuple(Text(each.text, each.style or "") for each in line) for line in found)


def listed(label: Text, items: Iterable[Text], indent: int, width: int) -> Iterator[Line]:
    """A label with items next to it, one a line; `width` is the width of the label's column."""
    for item in items:
        gap = plain(" " * max(width - label.cell_len, 0) + " " * GAP)
        yield from wrapped((label, gap, item), indent, width + GAP)
        label = plain("")


def flowing(label: Text, names: Sequence[str], indent: int, width: int) -> Iterator[Line]:
    """A label with names next to it, separated by commas."""
    return listed(label, (plain(", ".join(names)),), indent, width)


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
