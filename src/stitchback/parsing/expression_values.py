"""Displays, operators and the other expressions -> values, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Constant, Dictionary, Items, Reference, Value
from stitchback.parsing import constant_folding, environment
from stitchback.parsing.calls import read_call
from stitchback.parsing.comprehensions import read_comprehension, read_dict_comprehension
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.import_paths import VENDOR
from stitchback.parsing.interpreter import evaluate, glance, spread
from stitchback.parsing.name_lookup import read_attribute, read_name
from stitchback.parsing.reading_limits import COPY_UNIT
from stitchback.parsing.scopes import Function, Scope
from stitchback.parsing.sources import is_readable
from stitchback.parsing.unknown_values import has_gap, position, unanswered

_CONVERSIONS: dict[int, Callable[[object], str]] = {ord("r"): repr, ord("a"): ascii, ord("s"): str}


def _constant(node: ast.Constant, scope: Scope) -> Value:
    if not is_readable(node):
        return scope.opaque("a number of more than a thousand digits", node)
    return Constant(node.value)


def _display(node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
    items: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            items.extend(_spread_into(node, element.value, scope))
        else:
            items.append(evaluate(element, scope))
    match node:
        case ast.List():
            return Items("list", tuple(items))
        case ast.Tuple():
            return Items("tuple", tuple(items))
        case _:
            return constant_folding.unordered("set", tuple(items))


def _spread_into(node: ast.expr, element: ast.expr, scope: Scope) -> tuple[Value, ...]:
    """`{*a}` takes a set as it is; anywhere else its order would matter."""
    if isinstance(node, ast.Set):
        value = glance(element, scope)
        if isinstance(value, Items):
            return value.items
    return spread(element, scope)


def _dictionary(node: ast.Dict, scope: Scope) -> Value:
    pairs: dict[Value, Value] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            inner = evaluate(value, scope)
            if not isinstance(inner, Dictionary):
                return scope.unknown("keys that are not known: **", node)
            pairs.update(inner.items)
        else:
            pairs[evaluate(key, scope)] = evaluate(value, scope)
    return Dictionary(tuple(pairs.items()))


def _binary(node: ast.BinOp, scope: Scope) -> Value:
    """Left-deep chains (`a + b + c …`) are taken in a loop: they may be longer than Python's stack is deep."""
    chain: list[ast.BinOp] = []
    current: ast.expr = node
    while isinstance(current, ast.BinOp):
        chain.append(current)
        current = current.left
    value = glance(current, scope)
    for part in reversed(chain):
        value = constant_folding.binary(type(part.op), value, glance(part.right, scope))
        if isinstance(value, Items):
            scope.module.measures.spend(len(value.items) // COPY_UNIT)
    return value


def _unary(node: ast.UnaryOp, scope: Scope) -> Value:
    return constant_folding.unary(type(node.op), glance(node.operand, scope))


def _compare(node: ast.Compare, scope: Scope) -> Value:
    left = glance(node.left, scope)
    result: Value | None = None
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = glance(right_node, scope)
        engines = scope.module.context.engines if _is_vendor(left) else ()
        one = environment.compare(type(operator), left, right, engines) or constant_folding.compare(
            type(operator), left, right
        )
        result = one if result is None else constant_folding.operation("and_", result, one)
        left = right
    assert result is not None
    return result


def _is_vendor(value: Value) -> bool:
    return isinstance(value, Reference) and value.path == VENDOR


def _boolean(node: ast.BoolOp, scope: Scope) -> Value:
    """`and` and `or` give one of their sides, as in Python."""
    is_and = isinstance(node.op, ast.And)
    for part in node.values[:-1]:
        value = evaluate(part, scope)
        known = constant_folding.truth(value)
        if known is None:
            return scope.unknown(unanswered(value, "depends on a condition that is not known"), node)
        if known is not is_and:
            return value
    return evaluate(node.values[-1], scope)


def _conditional(node: ast.IfExp, scope: Scope) -> Value:
    test = glance(node.test, scope)
    known = constant_folding.truth(test)
    if known is not None:
        return evaluate(node.body if known else node.orelse, scope)
    first, second = evaluate(node.body, scope), evaluate(node.orelse, scope)
    if first == second:
        return first
    return scope.opaque(unanswered(test, "depends on a condition that is not known"), node)


def _joined(node: ast.JoinedStr, scope: Scope) -> Value:
    """An f-string: computed where all parts are constants without a format, else the parts as `"".join([…])`."""
    joined = ""
    parts: list[Value] = []
    for part in node.values:
        value = _part(part, scope)
        parts.append(value)
        if isinstance(value, Constant):
            joined += str(value.value)
        if len(joined) > constant_folding.MAX_TEXT:
            return scope.opaque("the string is too long", node)
    if all(isinstance(part, Constant) for part in parts):
        return Constant(joined)
    if any(isinstance(part, Opaque) for part in parts):
        return scope.opaque("an f-string of values that are not known", node)
    return Call(
        Call(Reference("builtins.getattr"), (Constant(""), Constant("join"))), (Items("list", tuple(parts)),)
    )


def _part(node: ast.expr, scope: Scope) -> Value:
    """One part of an f-string, as text."""
    if not isinstance(node, ast.FormattedValue):
        return evaluate(node, scope)
    value = glance(node.value, scope)
    if isinstance(value, Opaque):
        return value
    convert = _CONVERSIONS.get(node.conversion, str)
    if isinstance(value, Constant) and node.format_spec is None:
        return Constant(convert(value.value))
    if node.conversion >= 0:
        value = Call(Reference(f"builtins.{convert.__name__}"), (value,))
    spec = () if node.format_spec is None else (evaluate(node.format_spec, scope),)
    return Call(Reference("builtins.format"), (value, *spec))


def _subscript(node: ast.Subscript, scope: Scope) -> Value:
    owner = glance(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _slice(owner, node.slice, node, scope)
    key = glance(node.slice, scope)
    match owner, key:
        case Items(items=items), Constant(value=int(index)) if (at := position(items, index)) is not None:
            return items[at]
        case Dictionary(items=pairs), _ if key in dict(pairs):
            return dict(pairs)[key]
        case Constant(value=str(text)), Constant(value=int(index)) if -len(text) <= index < len(text):
            return Constant(text[index])
        case _:
            return constant_folding.operation("getitem", owner, key)


def _slice(owner: Value, part: ast.Slice, node: ast.Subscript, scope: Scope) -> Value:
    bounds = [_bound(end, scope) for end in (part.lower, part.upper, part.step)]
    if "unknown" not in bounds and bounds[2] != 0:
        cut = slice(*bounds)
        if isinstance(owner, Items) and owner.kind in ("list", "tuple") and not has_gap(owner.items):
            return Items(owner.kind, owner.items[cut])
        if isinstance(owner, Items) and cut == slice(None):
            return owner
        if isinstance(owner, Constant) and isinstance(owner.value, str):
            return Constant(owner.value[cut])
        if isinstance(owner, Reference):
            return constant_folding.operation(
                "getitem", owner, Call(Reference("builtins.slice"), tuple(map(Constant, bounds)))
            )
    return scope.unknown("a slice of something that is not known", node)


def _bound(node: ast.expr | None, scope: Scope) -> Any:
    """One end of a slice: a number, None, or "unknown"."""
    value = Constant(None) if node is None else evaluate(node, scope)
    if isinstance(value, Constant) and (value.value is None or isinstance(value.value, int)):
        return value.value
    return "unknown"


def _lambda(node: ast.Lambda, scope: Scope) -> Value:
    return code_of(Function(node, scope))


def _walrus(node: ast.NamedExpr, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    scope.bind(node.target.id, value)
    return value


EXPRESSIONS: Mapping[type[ast.expr], Callable[[Any, Scope], Value]] = MappingProxyType(
    {
        ast.Constant: _constant,
        ast.Name: read_name,
        ast.Attribute: read_attribute,
        ast.Call: read_call,
        ast.List: _display,
        ast.Tuple: _display,
        ast.Set: _display,
        ast.Dict: _dictionary,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.Compare: _compare,
        ast.BoolOp: _boolean,
        ast.IfExp: _conditional,
        ast.JoinedStr: _joined,
        ast.Subscript: _subscript,
        ast.Lambda: _lambda,
        ast.NamedExpr: _walrus,
        ast.ListComp: read_comprehension,
        ast.SetComp: read_comprehension,
        ast.GeneratorExp: read_comprehension,
        ast.DictComp: read_dict_comprehension,
    }
)
