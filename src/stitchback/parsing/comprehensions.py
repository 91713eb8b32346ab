"""Comprehensions over what is known, unrolled."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from stitchback.model.values import Call, Constant, Dictionary, Items, Value
from stitchback.parsing import constant_folding
from stitchback.parsing.interpreter import evaluate, glance
from stitchback.parsing.reading_limits import is_harmless
from stitchback.parsing.scopes import Scope
from stitchback.parsing.tainting import READING_METHODS, taint_call
from stitchback.parsing.unknown_values import has_gap, unanswered


class NotUnrolled(Exception):
    """The rounds of a loop are not known. `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
    """A generator reads as the list of what it would give."""
    try:
        items = tuple(evaluate(node.elt, inner) for inner in _rounds(node.generators, scope.inner(), scope))
    except NotUnrolled as problem:
        return _not_unrolled(node, scope, problem)
    return constant_folding.unordered("set", items) if isinstance(node, ast.SetComp) else Items("list", items)


def read_dict_comprehension(node: ast.DictComp, scope: Scope) -> Value:
    try:
        pairs = {
            evaluate(node.key, inner): evaluate(node.value, inner)
            for inner in _rounds(node.generators, scope.inner(), scope)
        }
    except NotUnrolled as problem:
        return _not_unrolled(node, scope, problem)
    return Dictionary(tuple(pairs.items()))


def _not_unrolled(node: ast.expr, scope: Scope, problem: NotUnrolled) -> Value:
    """It is unknown how often its parts run: what they call may have changed anything that they name."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and not _leaves_all_as_it_is(part, scope):
            taint_call(part, scope, problem.reason)
        elif isinstance(part, ast.NamedExpr) and isinstance(part.target, ast.Name):
            scope.bind(part.target.id, scope.opaque(problem.reason, node))
    return scope.unknown(problem.reason, node)


def _leaves_all_as_it_is(call: ast.Call, scope: Scope) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in READING_METHODS:
        return True
    return is_harmless(glance(function, scope))


def _rounds(generators: list[ast.comprehension], scope: Scope, around: Scope) -> Iterator[Scope]:
    """The scope once for each round, its loop variables bound. What the first loop goes over is read in the scope around."""
    if not generators:
        yield scope
        return
    first, *rest = generators
    over = glance(first.iter, around)
    try:
        items = items_of(over)
    except NotUnrolled as problem:
        raise NotUnrolled(unanswered(over, problem.reason)) from None
    for item in items:
        if not scope.module.step():
            raise NotUnrolled("too many iterations")
        assign(first.target, item, scope)
        if all(_holds(condition, scope) for condition in first.ifs):
            yield from _rounds(rest, scope, scope)


def _holds(condition: ast.expr, scope: Scope) -> bool:
    value = glance(condition, scope)
    known = constant_folding.truth(value)
    if known is None:
        raise NotUnrolled(unanswered(value, "a comprehension with a condition that is not known"))
    return known


def items_of(value: Value, *, in_any_order: bool = False) -> tuple[Value, ...]:
    """What a loop over the value takes. Raises NotUnrolled where that is not known, as the order of a set is not."""
    match value:
        case Items(kind="set" | "frozenset", items=items) if len(items) > 1 and not in_any_order:
            raise NotUnrolled("a loop over a set, whose order differs from run to run")
        case Items(items=items):
            if has_gap(items):
                raise NotUnrolled("a loop over something that is only partly known")
            return items
        case Dictionary(items=pairs):
            return tuple(key for key, _ in pairs)
        case Constant(value=str(text)):
            return tuple(Constant(letter) for letter in text)
        case _:
            raise NotUnrolled("a loop over something that is not known")


def parts_of(value: Value) -> tuple[Value, ...]:
    """What a list takes over from the value, gaps as gaps."""
    if isinstance(value, Items) and value.kind in ("list", "tuple"):
        return value.items
    return items_of(value)


def assign(target: ast.expr, value: Value, scope: Scope) -> None:
    """Bind the names of a loop's target, also of one written as a tuple. Raises NotUnrolled where it does not fit."""
    if isinstance(target, ast.Name):
        scope.bind(target.id, value)
        return
    if not isinstance(target, ast.Tuple | ast.List):
        raise NotUnrolled("a loop variable that is not a name")
    if isinstance(value, Call) and not any(isinstance(part, ast.Starred) for part in target.elts):
        for index, part in enumerate(target.elts):
            assign(part, constant_folding.operation("getitem", value, Constant(index)), scope)
        return
    items = items_of(value)
    starred = [i for i, part in enumerate(target.elts) if isinstance(part, ast.Starred)]
    if starred:
        items = _gathered(items, starred[0], len(target.elts))
    if len(items) != len(target.elts):
        raise NotUnrolled("the number of items differs from the number of names they are unpacked into")
    for part, item in zip(target.elts, items, strict=True):
        assign(part.value if isinstance(part, ast.Starred) else part, item, scope)


def _gathered(items: tuple[Value, ...], at: int, targets: int) -> tuple[Value, ...]:
    """The items as `a, *b, c` takes them: those of the starred name as one list."""
    behind = targets - at - 1
    if len(items) < targets - 1:
        return items
    end = len(items) - behind
    return (*items[:at], Items("list", items[at:end]), *items[end:])
