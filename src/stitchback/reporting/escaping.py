"""Text from untrusted branches, escaped: for terminals (`visible`) and for the services that execute lines of a log (`harmless`)."""

from __future__ import annotations

import re
import unicodedata

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
