"""Assignments -> names, and the objects that they share."""

from __future__ import annotations

import ast

from stitchback.model.values import Reference
from stitchback.parsing.comprehensions import NotUnrolled, assign
from stitchback.parsing.mutation import put_item
from stitchback.parsing.name_lookup import binding_of, box_of, holder_of
from stitchback.parsing.scopes import DEFINITIONS, Scope, SharedBinding
from stitchback.parsing.tainting import taint

_NEW = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.BinOp)
_MAKING = frozenset({"list", "dict", "set", "sorted"})
_USED_UP = frozenset({"zip", "enumerate", "reversed", "map", "filter", "iter"})


def read_assignment(node: ast.Assign, scope: Scope) -> None:
    if len(node.targets) == 1:
        _bind(node.targets[0], node.value, node, scope)
        return
    box = _boxed(node.value, node, scope)
    for target in node.targets:
        _bind_box(target, box, node, scope)


def read_annotated(node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        _bind(node.target, node.value, node, scope)


def _bind(target: ast.expr, value: ast.expr, node: ast.stmt, scope: Scope) -> None:
    """`a = b` makes a second name of one list; `Migration.operations = …` changes the class."""
    if not _bind_each(target, value, node, scope):
        _bind_box(target, _boxed(value, node, scope), node, scope)


def _bind_each(target: ast.expr, value: ast.expr, node: ast.stmt, scope: Scope) -> bool:
    """`a, b = x, y`, each for itself; whether it could be done so."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return False
    starred = any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
    if starred or len(target.elts) != len(value.elts):
        return False
    boxes = [_boxed(part, node, scope) for part in value.elts]
    for part, box in zip(target.elts, boxes, strict=True):
        _bind_box(part, box, node, scope)
    return True


def _boxed(value: ast.expr, node: ast.stmt, scope: Scope) -> SharedBinding:
    """The box of what stands on the right: the one that the object has already, or a new one."""
    box = box_of(value, scope)
    if box is not None and not isinstance(box.binding, Reference):
        return box
    if _is_used_up(value, scope):
        return SharedBinding(scope.opaque("an iterator that can be consumed only once", value), node)
    return SharedBinding(binding_of(value, scope), node, is_own=_is_new(value, scope))


def _is_new(value: ast.expr, scope: Scope) -> bool:
    """Whether the expression makes a new object."""
    match value:
        case ast.Call(func=ast.Name(id=name)):
            return name in _MAKING and scope.find(name) is None
        case ast.Call(func=ast.Attribute(attr="copy")) | ast.Subscript(slice=ast.Slice()):
            return True
        case _:
            return isinstance(value, _NEW)


def _is_used_up(value: ast.expr, scope: Scope) -> bool:
    """Generators, and what `zip` and the like give: the second loop over them finds nothing."""
    match value:
        case ast.GeneratorExp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _USED_UP and scope.find(name) is None
        case _:
            return False


def _bind_box(target: ast.expr, box: SharedBinding, node: ast.stmt, scope: Scope) -> None:
    holder = holder_of(target, scope)
    if holder is not None:
        inner, name = holder
        inner.names[name] = box
        return
    if isinstance(target, ast.Subscript) and put_item(target, box, scope):
        return
    try:
        if isinstance(box.binding, DEFINITIONS):
            raise NotUnrolled("")
        box.is_held = True
        assign(target, box.binding, scope)
    except NotUnrolled:
        taint(node, scope, "an assignment that stitchback cannot follow")
