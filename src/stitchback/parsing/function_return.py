"""What the body of a function returns, where it runs from top to bottom without a condition that is not known."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from stitchback.model.values import NONE, Value
from stitchback.parsing import constant_folding
from stitchback.parsing.interpreter import evaluate, execute, glance
from stitchback.parsing.scopes import Scope
from stitchback.parsing.unknown_conditions import unanswered


class UnknownReturn(NamedTuple):
    """What a body returns is unknown; `reason` is "" if there is no more specific reason."""

    reason: str = ""


_PLAIN = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Expr,
    ast.FunctionDef,
    ast.Import,
    ast.ImportFrom,
    ast.For,
    ast.Pass,
)


def returned(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, inner: Scope
) -> Value | UnknownReturn:
    """The value that is returned, with the parameters bound in the scope."""
    if isinstance(node, ast.Lambda):
        return evaluate(node.body, inner)
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or _is_generator(node):
        return UnknownReturn()
    result = _run(node.body, inner)
    return NONE if result is None else result


def _run(statements: Sequence[ast.stmt], inner: Scope) -> Value | UnknownReturn | None:
    """The value of the first `return` that is met, None where there is none."""
    for statement in statements:
        if isinstance(statement, ast.Return):
            return NONE if statement.value is None else evaluate(statement.value, inner)
        if isinstance(statement, ast.If):
            test = glance(statement.test, inner)
            known = constant_folding.truth(test)
            if known is None and not _leaves(statement):
                execute([statement], inner)  # what it binds or adds is not known, the rest is
                continue
            if known is None:
                return UnknownReturn(unanswered(test, ""))
            result = _run(statement.body if known else statement.orelse, inner)
            if result is not None:
                return result
        elif isinstance(statement, _PLAIN) and not _leaves(statement):
            execute([statement], inner)
        else:
            return UnknownReturn()
    return None


def _leaves(statement: ast.stmt) -> bool:
    """Whether a loop or a condition returns."""
    return isinstance(statement, ast.For | ast.If) and any(
        isinstance(part, ast.Return) for part in ast.walk(statement)
    )


def _is_generator(node: ast.FunctionDef) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
