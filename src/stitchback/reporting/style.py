"""Lines of a report as rich's texts, and their ANSI codes. The printing function removes the codes if colour is off (`click.echo` does)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache, partial

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
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
