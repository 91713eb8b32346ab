"""Operators on values: computed where both sides are constants, else written as a call of `operator.…`.

Every computation is bounded: a hostile file must not make the reader build a string of a gigabyte.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from stitchback.model.values import Call, Constant, Dictionary, Items, Reference, Value, render
from stitchback.parsing.unknown_values import UnknownLength

MAX_TEXT = 100_000  # characters of a computed string, items of a computed list
MAX_BITS = 2_048  # of a number
_MAX_WORK = 200_000  # characters that a formatting may make before it is looked at

BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], object]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("sub", operator.sub),
    ast.Mult: ("mul", operator.mul),
    ast.Div: ("truediv", operator.truediv),
    ast.FloorDiv: ("floordiv", operator.floordiv),
    ast.Mod: ("mod", operator.mod),
    ast.Pow: ("pow", operator.pow),
    ast.LShift: ("lshift", operator.lshift),
    ast.RShift: ("rshift", operator.rshift),
    ast.BitOr: ("or_", operator.or_),
    ast.BitAnd: ("and_", operator.and_),
    ast.BitXor: ("xor", operator.xor),
    ast.MatMult: ("matmul", operator.matmul),
}
UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], object]]] = {
    ast.USub: ("neg", operator.neg),
    ast.UAdd: ("pos", operator.pos),
    ast.Invert: ("invert", operator.invert),
    ast.Not: ("not_", operator.not_),
}
COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], object]]] = {
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
    ast.Is: ("is_", operator.is_),
    ast.IsNot: ("is_not", operator.is_not),
}
_FAILURES = (TypeError, ValueError, ZeroDivisionError, OverflowError, KeyError, IndexError, AttributeError)
# A width or precision of `%` formatting that makes a long string, or one that is an argument.
_WIDE = re.compile(r"%(\([^)]*\))?[#0\- +]*(\*|\d{4}|\d*\.(\*|\d{4}))")


def unordered(kind: str, items: tuple[Value, ...]) -> Items:
    """A set: each item once, in one order."""
    return Items(kind, tuple(sorted(dict.fromkeys(items), key=render)))


def operation(name: str, *values: Value) -> Value:
    """The operator as a call; what is opaque in it stays within."""
    return Call(Reference(f"operator.{name}"), values)


def binary(kind: type[ast.operator], left: Value, right: Value) -> Value:
    name, compute = BINARY[kind]
    if isinstance(left, Items) and isinstance(right, Items) and left.kind == right.kind:
        if (
            name == "add"
            and left.kind in ("list", "tuple")
            and len(left.items) + len(right.items) <= MAX_TEXT
        ):
            return Items(left.kind, left.items + right.items)
        if name == "or_" and left.kind in ("set", "frozenset"):
            return unordered(left.kind, left.items + right.items)
    if name == "mul" and isinstance(left, Items) and isinstance(right, Constant):
        return _repeated(left, right)
    if isinstance(left, Constant):
        arguments = plain(right)
        if arguments is not None and _is_bounded(name, left.value, arguments[0]):
            computed = _computed(lambda: compute(left.value, arguments[0]))
            if computed is not None:
                return computed
    return operation(name, left, right)


def _repeated(left: Items, right: Constant) -> Value:
    times = right.value
    if isinstance(times, int) and left.kind in ("list", "tuple") and 0 <= times * len(left.items) <= 1_000:
        return Items(left.kind, left.items * times)
    return operation("mul", left, right)


def unary(kind: type[ast.unaryop], value: Value) -> Value:
    name, compute = UNARY[kind]
    if name == "not_":
        known = truth(value)
        return operation(name, value) if known is None else Constant(not known)
    if isinstance(value, Constant):
        return _computed(lambda: compute(value.value)) or operation(name, value)
    return operation(name, value)


def compare(kind: type[ast.cmpop], left: Value, right: Value) -> Value:
    """The comparison of two values; `in` checks whether the left one is among the right one's items."""
    if kind in (ast.In, ast.NotIn):
        return _contained(kind is ast.In, left, right)
    name, compute = COMPARE[kind]
    first, second = plain(left), plain(right)
    if first is not None and second is not None:
        return _computed(lambda: compute(first[0], second[0])) or operation(name, left, right)
    if isinstance(left, Reference) and left == right and name in ("eq", "ne", "is_", "is_not"):
        return Constant(name in ("eq", "is_"))
    return operation(name, left, right)


def _contained(wanted: bool, left: Value, right: Value) -> Value:
    first, second = plain(left), plain(right)
    if first is not None and second is not None:
        contains = _computed(lambda: operator.contains(second[0], first[0]))  # type: ignore[arg-type]
        if contains is not None:
            return Constant(bool(contains.value) is wanted)
    found = operation("contains", right, left)
    return found if wanted else operation("not_", found)


def truth(value: Value) -> bool | None:
    """Whether the value counts as true; None if that is unknown."""
    match value:
        case Constant(value=constant):
            return bool(constant)
        case Items(items=items):
            return (
                bool(items)
                if not items or not all(isinstance(item, UnknownLength) for item in items)
                else None
            )
        case Dictionary(items=pairs):
            return bool(pairs)
        case Reference(path="django.conf.settings.AUTH_USER_MODEL"):
            return True  # Django itself sets it
        case _:
            return None


def plain(value: Value) -> tuple[object] | None:
    """The Python value (in a tuple of one) of constants and of displays of them; None of anything else."""
    match value:
        case Constant(value=constant):
            return (constant,)
        case Items(kind=kind, items=items):
            parts = [plain(item) for item in items]
            if None in parts:
                return None
            known = [part[0] for part in parts if part is not None]
            try:
                return ({"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](known),)
            except TypeError:  # a list in a set
                return None
        case Dictionary(items=pairs):
            return _plain_dictionary(pairs)
        case _:
            return None


def _plain_dictionary(pairs: tuple[tuple[Value, Value], ...]) -> tuple[object] | None:
    made: dict[object, object] = {}
    for key, item in pairs:
        known, value = plain(key), plain(item)
        if known is None or value is None:
            return None
        try:
            made[known[0]] = value[0]
        except TypeError:
            return None
    return (made,)


def value_of(computed: object) -> Value | None:
    """The value that a Python object is; None where it is of no literal kind, or too large."""
    match computed:
        case bool() | None | float() | complex():
            return Constant(computed)
        case int():
            return Constant(computed) if computed.bit_length() <= MAX_BITS else None
        case str() | bytes():
            return Constant(computed) if len(computed) <= MAX_TEXT else None
        case list() | tuple() | set() | frozenset():
            items = [value_of(item) for item in computed]
            kept = tuple(item for item in items if item is not None)
            if len(kept) < len(items):
                return None
            kind = type(computed).__name__
            return unordered(kind, kept) if isinstance(computed, (set, frozenset)) else Items(kind, kept)
        case dict():
            pairs = [(value_of(key), value_of(item)) for key, item in computed.items()]
            known = tuple((key, item) for key, item in pairs if key is not None and item is not None)
            return Dictionary(known) if len(known) == len(pairs) else None
        case _:
            return None


def _computed(compute: Callable[[], object]) -> Constant | None:
    try:
        value = value_of(compute())
    except _FAILURES:
        return None
    return value if isinstance(value, Constant) else None


def _is_bounded(name: str, left: object, right: object) -> bool:
    """Whether the result cannot be huge."""
    match name:
        case "mul":
            return all(_is_small(a, b) for a, b in ((left, right), (right, left)))
        case "pow" | "lshift":
            return isinstance(left, (int, float)) and isinstance(right, (int, float)) and abs(right) <= 256
        case "mod":
            return not isinstance(left, (str, bytes)) or _is_bounded_format(str(left), right)
        case _:
            return True


def _is_bounded_format(template: str, values: object) -> bool:
    return not _WIDE.search(template) and template.count("%") * len(str(values)) <= _MAX_WORK


def _is_small(text: object, times: object) -> bool:
    if isinstance(text, (str, bytes)) and isinstance(times, int):
        return len(text) * times <= MAX_TEXT
    return True
