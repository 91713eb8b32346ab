"""Calls -> values: kept as calls, computed where they are Python's own on constants, followed where they return one value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stitchback.model.source import Opaque
from stitchback.model.values import NONE, Call, Constant, Dictionary, Items, Reference, Value, text
from stitchback.parsing import builtin_calls, constant_folding, imports, known_calls, methods
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.interpreter import evaluate, execute, glance, spread
from stitchback.parsing.name_lookup import attribute_of, binding_of, owner_of, spoil_by_method
from stitchback.parsing.reading_limits import is_harmless
from stitchback.parsing.scopes import Binding, CallSite, Class, Function, Scope, has_opaque
from stitchback.parsing.tainting import spoil, taint_arguments, taint_function
from stitchback.parsing.unknown_values import unanswered

_DATA = (Constant, Items, Dictionary)
_UNKNOWN_ARGUMENTS = "a call with unknown arguments"
Arguments = tuple[tuple[Value, ...], tuple[tuple[str, Value], ...]]


def read_call(node: ast.Call, scope: Scope) -> Value:
    """A call of a class or of something imported stays a call; its place is kept with the module."""
    function = node.func
    callee: Binding
    if isinstance(function, ast.Attribute):
        owner = owner_of(function.value, scope)
        if isinstance(owner, Reference) and methods.is_of_text(function.attr):
            owner = known_calls.text_of_setting(owner, scope.module.context) or owner
        if not isinstance(owner, Class | Reference):
            spoil_by_method(function.value, function.attr, node, scope)
        if isinstance(owner, _DATA):
            return _method(owner, function.attr, node, scope)
        callee = attribute_of(owner, function, scope)
    else:
        callee = binding_of(function, scope)
    look = glance if isinstance(callee, Reference) and builtin_calls.is_read_only(callee.path) else evaluate
    arguments = read_arguments(node, scope, look)
    if isinstance(arguments, Opaque) or isinstance(callee, Opaque):
        taint_arguments(node, scope, "a call that is not followed may change it")
        problem = callee if isinstance(callee, Opaque) else arguments
        assert isinstance(problem, Opaque)
        return scope.opaque(problem.reason, node)
    return _called(callee, arguments, node, scope)


def _called(callee: Binding, arguments: Arguments, node: ast.Call, scope: Scope) -> Value:
    args, kwargs = arguments
    if isinstance(callee, Reference):
        if callee.path.startswith("django.db.models."):
            return Call(callee, args, kwargs)
        if callee.path.startswith("builtins."):
            return _builtin(callee, arguments, node, scope)
        return _imported(callee, arguments, node, scope)
    if isinstance(callee, Function):
        return follow(callee, arguments, node, scope)
    if isinstance(callee, Class):
        if imports.class_body(callee).names.keys() & {"__init__", "__new__"}:
            taint_arguments(node, scope, "a class that is not followed may change it")
        return _placed(Call(code_of(callee), args, kwargs), callee, node, scope)
    if not is_harmless(callee):
        taint_arguments(node, scope, "a call that is not followed may change it")
    return _placed(Call(callee, args, kwargs), None, node, scope)


def _builtin(callee: Reference, arguments: Arguments, node: ast.Call, scope: Scope) -> Value:
    """One of Python's own functions: computed, kept, or feared."""
    name = callee.path.removeprefix("builtins.")
    if name in builtin_calls.CHANGE_ANYTHING:
        problem = scope.opaque(f"{name}() may change anything", node)
        boxes = [box for one in scope.module.scopes for box in one.names.values()]
        spoil(boxes, problem, scope.module)
        for box in boxes:
            if isinstance(box.binding, (*_DATA, Call)):  # a name may be bound anew, whatever it stood for
                box.put(problem)
        return problem
    folded = builtin_calls.fold(name, *arguments)
    if name == "getattr":
        folded = known_calls.getattr_of(arguments[0], scope.module.context)
    elif folded is None and not builtin_calls.is_read_only(callee.path):
        taint_arguments(node, scope, "a call that is not followed may change it")
    return folded if folded is not None else Call(callee, *arguments)


def _imported(callee: Reference, arguments: Arguments, node: ast.Call, scope: Scope) -> Value:
    """What the tree's own function returns, where all of that is known; otherwise the call as it stands."""
    if not callee.path.startswith("django."):
        scope.module.context.call(callee.path)
    known = known_calls.fold(callee.path, *arguments, scope.module.context)
    if known is not None:
        return known
    found = imports.function(callee.path, scope.module)
    if found is not None:
        result = follow(found, arguments, node, scope)
        if not has_opaque(result):
            return result
    elif not is_harmless(callee):
        taint_arguments(node, scope, "a call that is not followed may change it")
    return _placed(Call(callee, *arguments), None, node, scope)


def _placed(call: Call, found: Class | None, node: ast.Call, scope: Scope) -> Call:
    scope.module.places[id(call)] = CallSite(call, node, scope.module.path, found)
    return call


def read_arguments(
    node: ast.Call, scope: Scope, look: Callable[[ast.expr, Scope], Value] = evaluate
) -> Arguments | Opaque:
    """Positional ones in order, keyword ones sorted; Opaque where `*` or `**` brings in something that is not known."""
    args: list[Value] = []
    for part in node.args:
        if isinstance(part, ast.Starred):
            items = spread(part.value, scope)
            unknown = next((item for item in items if isinstance(item, Opaque)), None)
            if unknown is not None:
                return scope.opaque(unanswered(unknown, _UNKNOWN_ARGUMENTS), node)
            args.extend(items)
        else:
            args.append(look(part, scope))
    kwargs: list[tuple[str, Value]] = []
    for keyword in node.keywords:
        if keyword.arg is not None:
            kwargs.append((keyword.arg, look(keyword.value, scope)))
            continue
        pairs = _keywords(glance(keyword.value, scope))
        if pairs is None:
            return scope.opaque(_UNKNOWN_ARGUMENTS, node)
        kwargs.extend(pairs)
    kwargs.sort(key=lambda pair: pair[0])
    return tuple(args), tuple(kwargs)


def _keywords(value: Value) -> list[tuple[str, Value]] | None:
    if not isinstance(value, Dictionary):
        return None
    pairs = [(text(key), item) for key, item in value.items]
    known = [(key, item) for key, item in pairs if key is not None]
    return known if len(known) == len(pairs) else None


def _method(owner: Value, name: str, node: ast.Call, scope: Scope) -> Value:
    arguments = read_arguments(node, scope, glance)
    if isinstance(arguments, Opaque):
        return arguments
    folded = methods.fold(owner, name, *arguments)
    if folded is None and isinstance(owner, Constant):
        return Call(Call(Reference("builtins.getattr"), (owner, Constant(name))), *arguments)
    return folded if folded is not None else scope.opaque(f"the result of .{name}() is not known", node)


def follow(function: Function, arguments: Arguments, node: ast.Call, scope: Scope) -> Value:
    """What a function of the tree returns for these arguments; Opaque if that cannot be known. What it changes is changed."""
    name = "a lambda" if isinstance(function.node, ast.Lambda) else function.node.name
    inner = function.scope.body()
    if not bind_arguments(function, arguments, inner):
        return scope.opaque(f"arguments that do not match {name}", node)
    given = {box: box.binding for box in inner.names.values()}
    with scope.module.deeper() as allowed:
        result = returned(function.node, inner) if allowed else UnknownReturn()
    if any(box.binding is not before for box, before in given.items()):
        taint_arguments(node, scope, f"{name} changes it")
    if isinstance(result, UnknownReturn):
        taint_function(function, node, scope, f"{name} is not followed and may change it")
        return scope.opaque(result.reason or f"the result of {name}() is not known", node)
    if function.scope.module is not scope.module and function.scope.module not in scope.module.others:
        scope.module.others.append(function.scope.module)
    return result


def bind_arguments(
    function: Function, arguments: Arguments, inner: Scope, *, first: Value | None = None
) -> bool:
    """Bind the parameters as Python would; whether they fit. `first`: the value of a method's own `self`."""
    declared = function.node.args
    positional = [parameter.arg for parameter in (*declared.posonlyargs, *declared.args)]
    args = arguments[0] if first is None else (first, *arguments[0])
    values: dict[str, Value] = dict(zip(positional, args, strict=False))
    extra = args[len(positional) :]
    if extra and declared.vararg is None:
        return False
    names = {*positional[len(declared.posonlyargs) :], *(parameter.arg for parameter in declared.kwonlyargs)}
    others: list[tuple[Value, Value]] = []
    for key, value in arguments[1]:
        if key in values:
            return False
        if key in names:
            values[key] = value
        else:
            others.append((Constant(key), value))
    if others and declared.kwarg is None:
        return False
    if declared.vararg is not None:
        values[declared.vararg.arg] = Items("tuple", tuple(extra))
    if declared.kwarg is not None:
        values[declared.kwarg.arg] = Dictionary(tuple(others))
    return _bind_with_defaults(function, positional, values, inner)


def _bind_with_defaults(
    function: Function, positional: list[str], values: dict[str, Value], inner: Scope
) -> bool:
    declared = function.node.args
    defaults: dict[str, ast.expr] = {}
    if declared.defaults:
        defaults.update(zip(positional[-len(declared.defaults) :], declared.defaults, strict=True))
    for parameter, default in zip(declared.kwonlyargs, declared.kw_defaults, strict=True):
        if default is not None:
            defaults[parameter.arg] = default
    for name, default in defaults.items():
        if name not in values:
            values[name] = evaluate(default, function.scope)
    needed = {*positional, *(parameter.arg for parameter in declared.kwonlyargs)}
    if not needed <= values.keys():
        return False
    for name, value in values.items():
        inner.bind(name, value)
    return True


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
    result = _run_body(node.body, inner)
    return NONE if result is None else result


def _run_body(statements: Sequence[ast.stmt], inner: Scope) -> Value | UnknownReturn | None:
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
            result = _run_body(statement.body if known else statement.orelse, inner)
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
