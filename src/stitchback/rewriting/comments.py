"""stitchback's comment block: lines for the user, and lines that stitchback parses."""

from __future__ import annotations

import textwrap
import unicodedata

from stitchback.errors import Refusal
from stitchback.model.edits import SetComment

MARKER = "stitchback: "
WIDTH = 88


def comment_lines(change: SetComment, path: str, margin: int = 0, encoding: str = "utf-8") -> list[str]:
    """The block, each line with its "# ". A name from a branch cannot end a comment: control characters are escaped in lines for the user. Lines that
    stitchback parses would lose them, so they are refused there (SB543)."""
    lines: list[str] = []
    for text in change.people:
        lines += textwrap.wrap(
            printable(text, encoding), WIDTH - margin - 2, break_long_words=False, break_on_hyphens=False
        )
    for text in change.provenance:
        if text != printable(text, encoding) or text != text.strip():
            raise Refusal(
                "SB543",
                f"{path}: a comment cannot hold {text!r}",
                hint="Rename that branch or migration.",
            )
        lines.append(MARKER + text)
    return [f"# {line}" for line in lines]


def printable(text: str, encoding: str) -> str:
    """The text on one line, in characters that the file's encoding supports."""
    shown = "".join(repr(one)[1:-1] if unicodedata.category(one) in _BREAKING else one for one in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)


_BREAKING = ("Cc", "Cs", "Zl", "Zp")
