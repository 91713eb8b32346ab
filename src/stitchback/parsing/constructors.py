"""What a class's own `__init__` passes on to its base class."""

from __future__ import annotations

import ast

from stitchback.model.source import Opaque
from stitchback.model.values import Constant
from stitchback.operations import OPERATIONS
from stitchback.parsing import imports
from stitchback.parsing.calls import Arguments, bind_arguments, read_arguments
from stitchback.parsing.interpreter import execute
from stitchback.parsing.scopes import Class, Function, Scope

_PARAMETERS = frozenset(name for kind in OPERATIONS for name in kind.parameters)
_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Pass, ast.If, ast.Import, ast.ImportFrom)


def passed_on(owner: Class, arguments: Arguments) -> Arguments | None:
    """The arguments that the class's constructor passes to its base class; the same if it does not define one, None where
    they are not known."""
    box = imports.class_body(owner).names.get("__init__")
    if box is None:
        return arguments
    if not isinstance(box.binding, Function) or not isinstance(box.binding.node, ast.FunctionDef):
        return None
    inner = owner.scope.body()
    if not bind_arguments(box.binding, arguments, inner, first=Constant("self")):
        return None
    return _run(box.binding.node, owner.node.name, inner)


def _run(node: ast.FunctionDef, name: str, inner: Scope) -> Arguments | None:
    """Reads the body up to `super().__init__(…)`, and its arguments."""
    found: Arguments | None = None
    for statement in node.body:
        call = _super_call(statement, name)
        if call is not None:
            if found is not None:
                return None
            given = read_arguments(call, inner)
            if isinstance(given, Opaque):
                return None
            found = given
        elif _sets_own_attribute(statement):
            continue
        elif isinstance(statement, _PLAIN) and not any(_is_self(part) for part in ast.walk(statement)):
            execute([statement], inner)
        else:
            return None
    return found


def _super_call(statement: ast.stmt, name: str) -> ast.Call | None:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=args), attr="__init__")
            ) as call
        ) if not args or (isinstance(args[0], ast.Name) and args[0].id == name):
            return call
        case _:
            return None


def _sets_own_attribute(statement: ast.stmt) -> bool:
    """`self.x = …`, where x is nothing that Django's operations have."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name not in _PARAMETERS
        case _:
            return False


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
