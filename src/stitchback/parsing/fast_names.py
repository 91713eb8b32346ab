"""What the names of a plain migration refer to: imports, its own functions, literals."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from enum import Enum

from stitchback.model.command_cache import by_value
from stitchback.parsing import import_paths
from stitchback.parsing.sources import is_readable


class UnusedStatement(Enum):
    """Something that a plain file may hold and not use."""

    CLASS_ATTRIBUTE = "an attribute of the class"


Bound = str | ast.FunctionDef | ast.Constant | UnusedStatement  # a string is an import path
Names = dict[str, Bound]


def bound_in(body: Sequence[ast.stmt], package: Callable[[], str]) -> Names | None:
    """What the module's statements bind; None where there is one that a plain file does not have. `package`: what relative imports
    start from."""
    bound: Names = {}
    for statement in body:
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    name, path = (alias.asname, alias.name) if alias.asname else (top, top)
                    bound[name] = import_paths.reference(path).path
            case ast.ImportFrom(module=module, names=aliases, level=level):
                source = import_paths.absolute(package(), level, module or "") if level else module or ""
                for alias in aliases:
                    if alias.name == "*":
                        return None
                    bound[alias.asname or alias.name] = _member(source, alias.name)
            case ast.FunctionDef(name=name, decorator_list=[]):
                bound[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as literal) if is_readable(
                literal
            ):
                bound[name] = literal
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                return None
    return bound


def path_of(node: ast.expr, bound: Names) -> str:
    """The import path of a dotted name; "" where it is none."""
    if isinstance(node, ast.Attribute):
        value = node.value
        known = bound.get(value.id) if isinstance(value, ast.Name) else None
        owner = known if isinstance(known, str) else path_of(value, bound)
        return _member(owner, node.attr) if owner else ""
    if isinstance(node, ast.Name):
        found = bound.get(node.id)
        if isinstance(found, str):
            return found
        if found is None and node.id != "__name__" and hasattr(builtins, node.id):
            return f"builtins.{node.id}"
    return ""


@by_value
def _member(owner: str, name: str) -> str:
    return import_paths.member(owner, name).path
