"""Words with a style. The printing function removes the ANSI codes if colour is off (`click.echo` does)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Style(Enum):
    """The value is the parameter of ANSI's SGR sequence."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


@dataclass(frozen=True, slots=True)
class Words:
    """A part of a line in one style. `text` may come from an untrusted branch: it is escaped when it is painted."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Words, ...]


def plain(text: str) -> Words:
    return Words(text)


def bold(text: str) -> Words:
    return Words(text, Style.BOLD)


def dim(text: str) -> Words:
    return Words(text, Style.DIM)


def red(text: str) -> Words:
    return Words(text, Style.RED)


def green(text: str) -> Words:
    return Words(text, Style.GREEN)


def yellow(text: str) -> Words:
    return Words(text, Style.YELLOW)


def cyan(text: str) -> Words:
    return Words(text, Style.CYAN)


# Unicode categories that a terminal interprets or does not show: control, format (marks that change the direction of
# writing), surrogates (bytes that are not UTF-8), line and paragraph separators.
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with everything that a terminal would obey spelled out, `\\x1b` for escape: a branch may be anybody's."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in OBEYED:
        return character
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"  # a byte that is no UTF-8, as `surrogateescape` keeps it
    return character.encode("unicode_escape").decode("ascii")


def paint(line: Iterable[Words]) -> str:
    """The line with its styles, without trailing spaces."""
    runs: list[tuple[str, Style]] = []
    for words in line:
        if runs and runs[-1][1] is words.style:
            runs[-1] = (runs[-1][0] + visible(words.text), words.style)
        else:
            runs.append((visible(words.text), words.style))
    while runs and not runs[-1][0].rstrip():
        runs.pop()
    if runs:
        runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
    return "".join(_painted(text, style) for text, style in runs)


def _painted(text: str, style: Style) -> str:
    """The text in its style; leading spaces stay unstyled."""
    inner = text.lstrip(" ")
    before = text[: len(text) - len(inner)]
    return f"{before}\033[{style.value}m{inner}\033[0m" if style.value and inner else text


_STYLES = r"(?:\x1b\[[\d;]*m)*"
# After any character that a consumer treats as a line break; only spaces and styles before it.
_COMMAND = re.compile(
    rf"((?:^|[\r\v\f\x1c-\x1e\x85\u2028\u2029])(?:\s|\x1b\[[\d;]*m)*):(?={_STYLES}:)", re.MULTILINE
)
_OLD_COMMAND = re.compile(rf"#({_STYLES}#{_STYLES}\w*{_STYLES}\[)")


def harmless(text: str) -> str:
    """The text with the command markers of GitHub Actions, Azure Pipelines and TeamCity escaped: "::" at the start of a line, "##[" and "##vso["
    anywhere. A name of a branch may contain them, and wrapping may move them to the start of a line."""
    return harmless_in_line(_COMMAND.sub(r"\1\\x3a", text))


def harmless_in_line(text: str) -> str:
    """As `harmless`, for lines that are commands of stitchback."""
    return _OLD_COMMAND.sub(r"\\x23\1", text)


def harmless_in_json(text: str) -> str:
    """The same for a JSON document. None of its lines begins with "::": texts are quoted, on one line."""
    return _OLD_COMMAND.sub(r"\\u0023\1", text)


def page(lines: Iterable[Line]) -> str:
    """All lines, without a final line break and without empty lines at the start and end."""
    return harmless("\n".join(paint(line) for line in lines).strip("\n"))
