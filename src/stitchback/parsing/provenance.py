"""The comment lines of a stitched file that name what it replaces."""

from __future__ import annotations

import io
import tokenize

MARKER = "# stitchback: "


def provenance_of(source: bytes) -> tuple[str, ...]:
    """The comments that begin with the marker, without it, in order. The same text within a string is none."""
    if MARKER.encode() not in source:
        return ()
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return ()
    comments = (token.string for token in tokens if token.type == tokenize.COMMENT)
    return tuple(text.removeprefix(MARKER).rstrip() for text in comments if text.startswith(MARKER))
