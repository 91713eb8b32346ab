"""Statements -> what they bind and fill.

A statement that is not understood makes every name that it binds, and every list that it names, opaque: a list that code we
cannot follow may have filled must not read as it was before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from stitchback.model.values import Reference
from stitchback.operations import BY_PATH
from stitchback.parsing import constant_folding, import_paths, imports
from stitchback.parsing.branches import either
from stitchback.parsing.comprehensions import NotUnrolled, assign, items_of
from stitchback.parsing.interpreter import evaluate, execute, glance
from stitchback.parsing.mutation import fill_by_method, put_item, read_augmented
from stitchback.parsing.name_lookup import binding_of, box_of, holder_of
from stitchback.parsing.reading_limits import is_harmless
from stitchback.parsing.scopes import DEFINITIONS, Class, Function, Scope, SharedBinding
from stitchback.parsing.tainting import taint
from stitchback.parsing.unknown_values import unanswered

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


# Modules of which every supported Django has what migrations import from them.
_THERE = frozenset(
    {
        "django.conf",
        "django.db",
        "django.utils.timezone",
        "django.utils.translation",
        "django.contrib.postgres.fields",
    }
)

_MAX_TRIED = 10  # statements that may each be where an exception comes from


def _import(node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        if alias.asname is not None:
            scope.bind(alias.asname, import_paths.reference(alias.name))
        else:
            top = alias.name.partition(".")[0]
            scope.bind(top, import_paths.reference(top))


def _import_from(node: ast.ImportFrom, scope: Scope) -> None:
    module = node.module or ""
    if node.level:
        module = import_paths.absolute(scope.module.package, node.level, module)
    for alias in node.names:
        if alias.name == "*":
            scope.module.stars.append(module)
        else:
            scope.bind(alias.asname or alias.name, import_paths.member(module, alias.name))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    for decorator in node.decorator_list:
        evaluate(decorator, scope)  # for what it changes
    scope.bind(node.name, Function(node, scope))


def _class(node: ast.ClassDef, scope: Scope) -> None:
    """A class's body is read where it stands; in other modules of the tree only when it is requested."""
    for decorator in node.decorator_list:
        evaluate(decorator, scope)  # for what it changes
    owner = Class(node, scope)
    if type(scope.globals) is Scope:
        imports.class_body(owner)
    scope.bind(node.name, owner)


def _expression(node: ast.Expr, scope: Scope) -> None:
    value = node.value
    if isinstance(value, ast.Constant | ast.Name | ast.Attribute):
        return
    if isinstance(value, ast.Call) and fill_by_method(value, node, scope):
        return
    evaluate(value, scope)  # for what the calls within it change
    if not (isinstance(value, ast.Call) and _is_understood(value, scope)):
        taint(node, scope, "a call that is not followed may change it")


def _is_understood(call: ast.Call, scope: Scope) -> bool:
    """Whether all that the call can change was seen when it was read: a function of the module, or one known to be harmless."""
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return False
    callee = binding_of(call.func, scope)
    return isinstance(callee, Function) or is_harmless(callee)


def _if(node: ast.If, scope: Scope) -> None:
    test = glance(node.test, scope)
    known = constant_folding.truth(test)
    if known is not None:
        execute(node.body if known else node.orelse, scope)
    else:
        reason = unanswered(test, "set under a condition that is not known")
        either((node.body, node.orelse), node.test, scope, reason)


def _try(node: ast.Try, scope: Scope) -> None:
    """The body runs, or any part of it and a handler; the body alone where nothing in it can fail."""
    if all(isinstance(part, ast.ImportFrom) and _is_there(part) for part in node.body):
        execute([*node.body, *node.orelse, *node.finalbody], scope)
        return
    if len(node.body) > _MAX_TRIED:
        taint(node, scope, "a long try statement is not followed")
        return
    handled = [
        [*node.body[:done], *handler.body] for handler in node.handlers for done in range(len(node.body))
    ]
    either(([*node.body, *node.orelse], *handled), node, scope)
    execute(node.finalbody, scope)


def _is_there(node: ast.ImportFrom) -> bool:
    """Whether every supported Django, or Python, has what is imported."""
    module = node.module or ""
    if node.level or any(alias.name == "*" for alias in node.names):
        return False
    paths = [import_paths.member(module, alias.name).path for alias in node.names]
    return module in _THERE or all(path in BY_PATH or import_paths.is_model_name(path[17:]) for path in paths)


def _for(node: ast.For, scope: Scope) -> None:
    try:
        over = glance(node.iter, scope)
        items = items_of(over)
    except NotUnrolled as problem:
        taint(node, scope, unanswered(over, problem.reason))
        return
    if any(isinstance(part, ast.Break | ast.Continue | ast.Return) for part in ast.walk(node)):
        taint(node, scope, "a loop with break, continue or return")
        return
    for item in items:
        if not scope.module.step():
            taint(node, scope, "too many iterations")
            return
        try:
            assign(node.target, item, scope)
        except NotUnrolled as problem:
            taint(node, scope, problem.reason)
            return
        execute(node.body, scope)
    execute(node.orelse, scope)


def _delete(node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in scope.names:
            del scope.names[target.id]
        else:
            taint(node, scope, "a part of it is deleted")


def _nothing(node: ast.stmt, scope: Scope) -> None:
    """Statements that bind nothing that could matter."""


def _other(node: ast.stmt, scope: Scope) -> None:
    taint(node, scope, f"a {type(node).__name__.lower()} statement is not followed")


STATEMENTS: Mapping[type[ast.stmt], Callable[[Any, Scope], None]] = MappingProxyType(
    {
        **{
            kind: _other
            for kind in vars(ast).values()
            if isinstance(kind, type) and issubclass(kind, ast.stmt)
        },
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Assign: read_assignment,
        ast.AnnAssign: read_annotated,
        ast.AugAssign: read_augmented,
        ast.Expr: _expression,
        ast.If: _if,
        ast.Try: _try,
        ast.For: _for,
        ast.Delete: _delete,
        ast.Pass: _nothing,
        ast.Assert: _nothing,
        ast.Global: _nothing,
        ast.Raise: _nothing,
    }
)
