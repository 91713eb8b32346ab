"""`except A, B:`, which Python 3.14 reads as `except (A, B):` (PEP 758), for the older Python that stitchback may run on.

In Python 2 the second name was bound, so it was no class that the file knows: such a file is left to `sources`, which names its syntax.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

MESSAGE = "multiple exception types must be parenthesized"  # of CPython's parser before 3.14
MOST_LINES = 100  # of a file; each takes one more parse
_HANDLER = re.compile(rb"^(\s*except\b\s*\*?\s*)([^#:]*,[^#:]*?)(\s*:)")


def parsed(source: bytes, error: SyntaxError) -> ast.Module | None:
    """The tree of the file with parentheses there, by what the parser stopped at; None where that is not it, or the file is Python 2."""
    lines, rewritten = source.splitlines(keepends=True), set[int]()
    problem: SyntaxError | None = error
    while problem is not None and MESSAGE in problem.msg and len(rewritten) < MOST_LINES:
        line = problem.lineno or 0
        found = _HANDLER.match(lines[line - 1]) if 0 < line <= len(lines) and line not in rewritten else None
        if found is None:
            return None
        lines[line - 1] = _HANDLER.sub(rb"\1(\2)\3", lines[line - 1])
        rewritten.add(line)
        try:
            tree = ast.parse(b"".join(lines))
        except SyntaxError as next_problem:
            problem = next_problem
        else:
            return tree if _known(tree).issuperset(_caught(tree, rewritten)) else None
    return None


def _caught(tree: ast.Module, lines: set[int]) -> Iterator[str]:
    """The first names of what the handlers on these lines catch: `errors` of `errors.Lost`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.lineno in lines and node.type is not None:
            yield from (part.id for part in ast.walk(node.type) if isinstance(part, ast.Name))


def _known(tree: ast.Module) -> set[str]:
    """What the file binds anywhere, and Python's own names."""
    found = set(dir(builtins))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
    return found
