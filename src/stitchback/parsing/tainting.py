"""What code that is not followed may have changed."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from stitchback.model.source import Opaque
from stitchback.model.values import Dictionary, Items, Value
from stitchback.parsing.reading_limits import COPY_UNIT
from stitchback.parsing.scopes import Class, Function, ModuleReading, Scope, SharedBinding
from stitchback.parsing.sources import extent

# Methods of lists, sets and dictionaries that leave them as they are.
READING_METHODS = frozenset(
    [
        "copy",
        "count",
        "difference",
        "get",
        "index",
        "intersection",
        "issubset",
        "issuperset",
        "items",
        "keys",
        "union",
        "values",
    ]
)


def change(box: SharedBinding, value: Value, node: ast.expr | ast.stmt, scope: Scope) -> None:
    """The object in the box becomes this value, for all of its names. Where something else may hold it too, which
    cannot be followed, everything that may hold it is opaque."""
    if isinstance(value, Items | Dictionary):
        scope.module.measures.spend(len(value.items) // (COPY_UNIT if isinstance(value, Items) else 1))
    if box.is_own and not box.is_held:
        box.put(value)
    else:
        spoil((box,), scope.opaque("changed where more than one place holds it", node), scope.module)


def spoil(boxes: Iterable[SharedBinding], problem: Opaque, module: ModuleReading) -> None:
    """These objects may have been changed: they are not known any more, nor is what may hold one of them or be held by one."""
    given = list(boxes)
    measures = [box.measure(module) for box in given]
    changed = [
        box for box, each in zip(given, measures, strict=True) if each.can_change or each.holds_changing
    ]
    if any(each.may_be_anything for each in measures) or any(_is_shared(box, module) for box in changed):
        for scope in module.scopes:
            module.measures.spend(len(scope.names))
            for other in scope.names.values():
                if _is_shared(other, module):
                    other.put(problem)
    for box in changed:
        box.put(problem)


def _is_shared(box: SharedBinding, module: ModuleReading) -> bool:
    """Whether the object, or one in it, may be reached otherwise than by its own names."""
    measure = box.measure(module)
    return measure.holds_changing or (measure.can_change and (not box.is_own or box.is_held))


def taint(statement: ast.stmt, scope: Scope, reason: str) -> None:
    """Make opaque what the statement binds, and every list, dictionary and class that it (or a function of the module that it
    names) could change."""
    _Tainting(scope.opaque(reason, statement), set()).code(statement, scope)


def taint_arguments(call: ast.Call, scope: Scope, reason: str) -> None:
    """A call that is not followed may change what it is given."""
    tainting = _Tainting(scope.opaque(reason, call), set())
    for part in (*call.args, *(keyword.value for keyword in call.keywords)):
        tainting.code(part, scope)


def taint_call(call: ast.Call, scope: Scope, reason: str) -> None:
    """A call that may be made or not: what it is given, and what it is called on."""
    _Tainting(scope.opaque(reason, call), set()).code(call, scope)


def taint_function(function: Function, call: ast.Call, scope: Scope, reason: str) -> None:
    """A function of the module that was called and cannot be followed to its end."""
    tainting = _Tainting(scope.opaque(reason, call), set())
    tainting.function(function)
    tainting.code(call, scope)


class _Tainting:
    def __init__(self, problem: Opaque, seen: set[int]) -> None:
        self.problem = problem
        self.seen = seen

    def code(self, root: ast.AST, scope: Scope) -> None:
        """A statement or expression that stands in this scope."""
        for node in ast.walk(root):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    self.box(scope.find(name), scope)
                case ast.Name(id=name):
                    self.bind(name, scope)
                case ast.alias(name=name, asname=other):
                    self.bind((other or name).partition(".")[0], scope)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                    self.bind(name, scope)
                case (
                    ast.ExceptHandler(name=str(name))
                    | ast.MatchAs(name=str(name))
                    | ast.MatchStar(name=str(name))
                ):
                    self.bind(name, scope)
                case _:
                    continue

    def bind(self, name: str, scope: Scope) -> None:
        scope.bind(name, self.problem)

    def box(self, box: SharedBinding | None, scope: Scope) -> None:
        if box is None:
            return
        binding = box.binding
        if isinstance(binding, Class):
            if binding.body is not None:
                spoil(binding.body.names.values(), self.problem, scope.module)
        elif isinstance(binding, Function):
            self.function(binding)
        else:
            spoil((box,), self.problem, scope.module)

    def function(self, function: Function) -> None:
        """A function changes what it names and does not bind itself, and what it says is global."""
        if id(function.node) in self.seen:
            return
        self.seen.add(id(function.node))
        scope = function.scope
        scope.module.measures.spend(extent(function.node))
        for node in ast.walk(function.node):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    self.box(scope.find(name), scope)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    for name in names:
                        self.bind(name, scope.globals if isinstance(node, ast.Global) else scope)
                case _:
                    continue
