"""Lists, sets and dictionaries that change after they were made: `+=`, `.append`, `[key] =` and their like."""

from __future__ import annotations

import ast

from stitchback.model.source import Opaque
from stitchback.model.values import Constant, Dictionary, Items, Value
from stitchback.parsing import constant_folding
from stitchback.parsing.comprehensions import NotUnrolled, parts_of
from stitchback.parsing.interpreter import evaluate, glance
from stitchback.parsing.name_lookup import box_of, holder_of, spoil_by_method
from stitchback.parsing.scopes import DEFINITIONS, Scope, SharedBinding
from stitchback.parsing.tainting import change, spoil, taint
from stitchback.parsing.unknown_values import UnknownLength, has_gap, position


def put_item(target: ast.Subscript, box: SharedBinding, scope: Scope) -> bool:
    """`name[key] = value` of a dictionary or list that is known; whether it was that."""
    held = box_of(target.value, scope)
    if held is None or isinstance(box.binding, DEFINITIONS) or isinstance(target.slice, ast.Slice):
        return False
    key = evaluate(target.slice, scope)
    match held.binding, key:
        case Dictionary(items=pairs), Constant():
            change(held, Dictionary(tuple({**dict(pairs), key: box.binding}.items())), target, scope)
        case Items(kind="list", items=items), Constant(value=int(index)) if (
            at := position(items, index)
        ) is not None:
            change(held, Items("list", (*items[:at], box.binding, *items[at + 1 :])), target, scope)
        case _:
            return False
    box.is_held = True
    return True


def read_augmented(node: ast.AugAssign, scope: Scope) -> None:
    box = box_of(node.target, scope)
    holder = holder_of(node.target, scope)
    if box is None or holder is None or isinstance(box.binding, DEFINITIONS):
        taint(node, scope, "an assignment that stitchback cannot follow")
        return
    added = glance(node.value, scope)
    if not box.can_change:
        spoil((box,), scope.opaque("changed in place", node), scope.module)
        holder[0].bind(holder[1], constant_folding.binary(type(node.op), box.binding, added))
    elif isinstance(box.binding, Items) and box.binding.kind == "list" and isinstance(node.op, ast.Add):
        _extend(box, added, node, scope)  # in place, for every name of the list
        holder[0].names[holder[1]] = box
    else:
        change(box, constant_folding.binary(type(node.op), box.binding, added), node, scope)
        holder[0].names[holder[1]] = box


def _extend(box: SharedBinding, added: Value, node: ast.stmt, scope: Scope) -> None:
    try:
        items = parts_of(added)
    except NotUnrolled:
        items = (UnknownLength.of(scope.opaque("unknown items are added here", node)),)
    _put(box, len(_items(box)), items, node, scope)


def _items(box: SharedBinding) -> tuple[Value, ...]:
    return box.binding.items if isinstance(box.binding, Items) else ()


def _put(box: SharedBinding, at: int, items: tuple[Value, ...], node: ast.stmt, scope: Scope) -> None:
    held = _items(box)
    applied_set = Items("list", (*held[:at], *items, *held[at:]))
    assert isinstance(box.binding, Items), "the caller knows the list"
    scope.module.measures.applied_set(box.binding, items, applied_set)
    change(box, applied_set, node, scope)


def fill_by_method(call: ast.Call, node: ast.stmt, scope: Scope) -> bool:
    """`name.append(x)`, `.extend(xs)`, `.insert(i, x)`, `.update(…)`: whether it was one of them, and is done."""
    if not isinstance(call.func, ast.Attribute) or call.keywords:
        return False
    box = box_of(call.func.value, scope)
    if box is None:
        return False
    match box.binding, call.func.attr, call.args:
        case Items(kind="list"), "append", [item]:
            _put(box, len(_items(box)), (evaluate(item, scope),), node, scope)
        case Items(kind="list"), "extend", [items]:
            _extend(box, glance(items, scope), node, scope)
        case Items(kind="list"), "insert", [index, item]:
            at = evaluate(index, scope)
            if (
                not isinstance(at, Constant)
                or not isinstance(at.value, int)
                or (at.value and has_gap(_items(box)))
            ):
                return False
            place = max(at.value + len(_items(box)), 0) if at.value < 0 else at.value
            _put(box, place, (evaluate(item, scope),), node, scope)
        case Items(kind="list", items=items), "reverse", []:
            change(box, Items("list", items[::-1]), node, scope)
        case Items(kind="list", items=items), "clear", []:
            change(box, Items("list", ()), node, scope)
        case Items(kind="list", items=items), "pop", [] if items and not isinstance(items[-1], UnknownLength):
            change(box, Items("list", items[:-1]), node, scope)
        case Items(kind="list", items=items), "remove", [item]:
            return _remove(box, items, glance(item, scope), node, scope)
        case Dictionary(items=pairs), "update", [other]:
            added = glance(other, scope)
            if not isinstance(added, Dictionary):
                return False
            change(box, Dictionary(tuple({**dict(pairs), **dict(added.items)}.items())), node, scope)
        case Opaque(), name, _:
            spoil_by_method(call.func.value, name, call, scope)
        case _:
            return False
    return True


def _remove(
    box: SharedBinding, items: tuple[Value, ...], wanted: Value, node: ast.stmt, scope: Scope
) -> bool:
    """The list without the first item that is equal; whether that could be decided."""
    if wanted not in items or any(isinstance(item, Opaque) for item in items):
        return False
    at = items.index(wanted)
    change(box, Items("list", (*items[:at], *items[at + 1 :])), node, scope)
    return True
