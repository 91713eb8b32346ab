"""Which names code binds, and which statements of a module may change what a name is."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from stitchback.parsing.scopes import ModuleReading

_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
)  # fmt: skip


def own_nodes(body: Iterable[ast.AST]) -> list[ast.AST]:
    """The nodes of a body but for what the functions, classes and comprehensions in it hold; those themselves are in it."""
    found = list(body)
    for node in found:
        if not isinstance(node, _SCOPES):
            found.extend(ast.iter_child_nodes(node))
    return found


def globals_of(within: Iterable[ast.AST]) -> frozenset[str]:
    """The names that `global` declares."""
    return frozenset(name for part in within if isinstance(part, ast.Global) for name in part.names)


def names_bound(within: Iterable[ast.AST]) -> frozenset[str]:
    """All names that the nodes assign, delete, define or take as a parameter; imports apart."""
    found: set[str] = set()
    for part in within:
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.add(name)
            case _:
                continue
    return frozenset(found)


def binders(module: ModuleReading, name: str) -> list[ast.stmt]:
    """The module's statements, but for functions, classes and imports, that make the name or may change what it is."""
    return [each for each in module.mentions(name) if not _only_reads(each, name)]


def _only_reads(statement: ast.stmt, name: str) -> bool:
    """Whether the statement makes something else out of what the name is: `ALL = KINDS + ["other"]`."""
    if not isinstance(statement, ast.Assign) or not all(
        isinstance(each, ast.Name) for each in statement.targets
    ):
        return False
    targets = {each.id for each in statement.targets if isinstance(each, ast.Name)}
    return name not in targets and not _passes_on(statement.value, name)


def _passes_on(node: ast.AST, name: str) -> bool:
    """Whether the object itself may be the expression's value, or be given to something."""
    match node:
        case ast.Name(id=found):
            return found == name
        case ast.BinOp() | ast.Compare() | ast.UnaryOp() | ast.FormattedValue() | ast.Starred():
            return any(
                _passes_on(each, name)
                for each in ast.iter_child_nodes(node)
                if not isinstance(each, ast.Name)
            )
        case _:
            return any(_passes_on(each, name) for each in ast.iter_child_nodes(node))


def changes(statement: ast.stmt, name: str) -> bool:
    """Whether a statement that names a function or class sets an attribute of it, or calls a method of it or of one of its attributes."""
    match statement:
        case ast.Assign(targets=targets):
            return any(
                isinstance(each, ast.Attribute | ast.Subscript) and _root(each) == name for each in targets
            )
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _root(target) == name
        case ast.Expr(value=ast.Call(func=function, args=args)):
            is_setattr = isinstance(function, ast.Name) and function.id == "setattr"
            return _root(function) == name or (is_setattr and bool(args) and _root(args[0]) == name)
        case _:
            return True


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
