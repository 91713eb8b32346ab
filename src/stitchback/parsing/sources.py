"""Bytes of a file -> its syntax tree, or why there is none."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from stitchback.model.source import Opaque, Span

if TYPE_CHECKING:
    from stitchback.parsing import python2

MAX_BYTES = 5_000_000  # no migration of use is larger
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
_CONFLICT = re.compile(rb"^(<{7} |={7}\r?$|>{7} )", re.MULTILINE)


class NotPython(Exception):
    """The bytes are no Python that can be read. `reason` says why, `line` and `column` where."""

    def __init__(self, reason: str, line: int = 1, column: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Python2Module(ast.Module):
    """The tree of a file that only Python 2 can parse, as Python 3 says it. `form`: the first of it that Python 3 lacks."""

    form: python2.Form


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
    """The syntax tree, a Python2Module where only Python 2 has one. BOM, CRLF and coding cookies are Python's own business.
    Raises NotPython."""
    if len(source) > MAX_BYTES:
        raise NotPython(f"the file has {len(source):,} bytes, more than {MAX_BYTES:,}")
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


def _marks(source: bytes) -> int:
    return 0 if len(source) <= MAX_MARKS else len(source) - len(source.translate(None, MARKS))


def _without_text(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] else b""


def _parsed(source: bytes) -> ast.Module:
    """Raises what `ast.parse` raises."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from stitchback.parsing import python2  # few have such files

        old = None if _CONFLICT.search(source) else python2.translated(source)
        if old is None:
            raise
        try:
            tree = ast.parse(old[0])
        except SyntaxError:
            tree = None
        if tree is None:
            raise  # what is wrong with the file itself
        made = Python2Module(tree.body, tree.type_ignores)
        made.form = old[1]
        return made


def _explained(error: SyntaxError, source: bytes) -> NotPython:
    line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    conflict = _CONFLICT.search(source)
    if conflict is not None:
        return NotPython("git conflict markers", source.count(b"\n", 0, conflict.start()) + 1)
    return NotPython(f"syntax error: {error.msg}", line, column)


def is_readable(node: ast.Constant) -> bool:
    """Whether the literal can be written out again."""
    return type(node.value) is not int or node.value.bit_length() <= _MAX_INTEGER_BITS


def span_of_form(form: python2.Form, path: str) -> Span:
    """Where the form stands, on its first line."""
    width = len(form.text.partition("\n")[0].encode())
    return Span(path, form.line, form.column, form.line, form.column + width)


def span_of(node: ast.expr | ast.stmt | ast.excepthandler | ast.keyword | ast.alias, path: str) -> Span:
    """Where the node stands."""
    return Span(
        path,
        node.lineno,
        node.col_offset,
        node.end_lineno or node.lineno,
        node.end_col_offset or node.col_offset,
    )


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
