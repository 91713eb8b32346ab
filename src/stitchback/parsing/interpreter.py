"""Reads syntax by the tables of the tree's context (`syntax`).

What reads one kind of node calls back here for the parts of it, so that no module needs to import another that needs it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from stitchback.model.values import Call, Constant, Dictionary, Items, Value
from stitchback.parsing.scopes import Scope
from stitchback.parsing.unknown_values import UnknownLength, unanswered

_COMPOSITE = (Call, Items, Dictionary)
_STEPS = {ast.Call: 20, ast.BinOp: 20, ast.JoinedStr: 20}  # of those that may compute something


def evaluate(node: ast.expr, scope: Scope) -> Value:
    """The value of an expression; Opaque with its place where it cannot be known."""
    kind = type(node)
    if isinstance(node, ast.Constant) and type(node.value) is str:  # most of a migration
        return Constant(node.value)
    reader = scope.module.context.syntax.expressions.get(kind)
    if reader is None:
        return scope.unknown(f"{type(node).__name__} is not read", node)
    scope.module.measures.spend(_STEPS.get(kind, 1))
    value = reader(node, scope)
    if isinstance(value, _COMPOSITE):
        return scope.module.bounded(value, node)
    if isinstance(value, Constant):
        scope.module.measures.spend(scope.module.measures.of(value).size)
    return value


def glance(node: ast.expr, scope: Scope) -> Value:
    """The value of an expression that is only read: nothing keeps the object itself."""
    box = scope.find(node.id) if isinstance(node, ast.Name) else None
    if box is None:
        return evaluate(node, scope)
    was_held = box.is_held
    value = evaluate(node, scope)
    box.is_held = was_held
    return value


def execute(statements: Sequence[ast.stmt], scope: Scope) -> None:
    """What the statements bind and fill, put into the scope. What is not understood makes what it touches opaque."""
    readers = scope.module.context.syntax.statements
    for statement in statements:
        readers[type(statement)](statement, scope)


def spread(node: ast.expr, scope: Scope) -> tuple[Value, ...]:
    """The items that `*node` puts in; a Gap where they are not known."""
    value = glance(node, scope)
    match value:
        case Items(kind="list" | "tuple", items=items):
            return items
        case Items(items=items) if len(items) < 2:
            return items
        case Dictionary(items=pairs):
            return tuple(key for key, _ in pairs)
        case _:
            return (UnknownLength.of(scope.opaque(unanswered(value, "items that are not known: *"), node)),)
