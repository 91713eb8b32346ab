"""Bytes of a file -> its syntax tree, or why there is none; and the comment lines of a stitched file that name what it replaces."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from stitchback.model.files import LARGEST_READ
from stitchback.model.source import Opaque, Span
from stitchback.parsing import unparenthesized_except

MAX_MARKS = (
    200_000  # of MARKS outside of texts and comments: a syntax tree takes about a kilobyte and 3 µs for each
)
MARKS = b",.:;=()[]{}+-*/%|&^~<>@\n"
MAX_SHOWN = 400  # characters of an opaque value's source
_MAX_UNPARSED_LINES = 40
_MAX_INTEGER_BITS = 4_096  # beyond, Python refuses to write the number as text
# A text with its prefix, or a comment. The first group is there where it is an f-string, which holds code.
_TEXT = re.compile(
    rb"""(?sx) (?: (?<![\w]) (?: (rf|fr|f) | [rbu]{1,2} ) )?
    (?: \"{3} (?: [^\\"] | \\. | "(?!"") )* \"{3} | \'{3} (?: [^\\'] | \\. | '(?!'') )* \'{3}
      | "(?: [^"\\\n] | \\. )*" | '(?: [^'\\\n] | \\. )*' )
    | \#[^\n]*""",
    re.IGNORECASE,
)
_MAX_LINE = 1_000  # bytes of a line that Python 2's syntax is looked for in
_PYTHON2 = re.compile(
    rb"""\b(?:0x[0-9a-f]+|\d+)l\b | \b0\d+\b | \bur(?=['"]) | <> | `
    | ^\s*(?:print|exec)\s+(?!=|\()[^\n]{1,60} | ^\s*except\s[^:]*,[^:]*: | ^\s*raise\s+[\w.]+\s*,""",
    re.VERBOSE | re.IGNORECASE,
)
_CONFLICT = re.compile(rb"^(<{7} |={7}\r?$|>{7} )", re.MULTILINE)


class NotPython(Exception):
    """The bytes are no Python that can be read. `reason` says why, `line` and `column` where. `is_python2`: Python 2 could read them."""

    def __init__(self, reason: str, line: int = 1, column: int = 0, *, is_python2: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.is_python2 = is_python2


_quiet = False


@contextmanager
def quietly() -> Iterator[None]:
    """No SyntaxWarnings of the code that is read ("\\d" in old files). Once around many files: it takes as long as reading a small one."""
    global _quiet
    if _quiet:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _quiet = True
        try:
            yield
        finally:
            _quiet = False


def parse(source: bytes) -> ast.Module:
    """The syntax tree. BOM, CRLF and coding cookies are Python's own business. Raises NotPython."""
    if len(source) > LARGEST_READ:
        raise NotPython(f"the file has more than {LARGEST_READ:,} bytes")
    if _marks(source) > MAX_MARKS and _marks(_TEXT.sub(_without_text, source)) > MAX_MARKS:
        raise NotPython(f"the file has more than {MAX_MARKS:,} operators, brackets and lines")
    try:
        with nullcontext() if _quiet else quietly():
            return _parsed(source)
    except SyntaxError as error:
        raise _explained(error, source) from None
    except ValueError as error:  # NUL bytes, before Python 3.12
        raise NotPython(str(error)) from None
    except (RecursionError, MemoryError):
        raise NotPython("the code is nested too deeply") from None


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        tree = unparenthesized_except.parsed(source, error)
        if tree is None:
            raise
        return tree


def _marks(source: bytes) -> int:
    return 0 if len(source) <= MAX_MARKS else len(source) - len(source.translate(None, MARKS))


def _without_text(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] else b""


def _explained(error: SyntaxError, source: bytes) -> NotPython:
    line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    conflict = _CONFLICT.search(source)
    if conflict is not None:
        return NotPython("git conflict markers", source.count(b"\n", 0, conflict.start()) + 1)
    lines = source.splitlines()
    old = _PYTHON2.search(lines[line - 1][:_MAX_LINE]) if line <= len(lines) else None
    if old is not None:
        found = old[0].decode("ascii", "replace").strip()
        return NotPython(f"Python 2 syntax: {found}", line, old.start(), is_python2=True)
    return NotPython(f"syntax error: {error.msg}", line, column)


def is_readable(node: ast.Constant) -> bool:
    """Whether the literal can be written out again."""
    return type(node.value) is not int or node.value.bit_length() <= _MAX_INTEGER_BITS


def span_of(node: ast.expr | ast.stmt | ast.excepthandler | ast.keyword | ast.alias, path: str) -> Span:
    """Where the node stands."""
    return Span(
        path,
        node.lineno,
        node.col_offset,
        node.end_lineno or node.lineno,
        node.end_col_offset or node.col_offset,
    )


def extent(node: ast.expr | ast.stmt) -> int:
    """About how many nodes it has, estimated from its place in the text."""
    lines = (node.end_lineno or node.lineno) - node.lineno
    columns = (node.end_col_offset or 0) - node.col_offset
    return 1 + 8 * lines + max(columns, 0) // 4


def shown(node: ast.expr | ast.stmt) -> str:
    """The node as one normalised text, cut to what a person reads."""
    if (node.end_lineno or node.lineno) - node.lineno > _MAX_UNPARSED_LINES:
        return f"<{type(node).__name__} of {(node.end_lineno or 0) - node.lineno + 1} lines>"
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return f"<{type(node).__name__}>"
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + " …"


def opaque(reason: str, node: ast.expr | ast.stmt, path: str) -> Opaque:
    return Opaque(reason, shown(node), span_of(node, path))


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
