"""Which import paths of custom fields are one class, and which of its own arguments say nothing, where the tree defines it.

What is recorded here is certain, or it is left out: a class that is wrapped, or made by more than its own `__init__`, is none of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.field_names import DeclaredField
from stitchback.model.values import Constant, Value
from stitchback.parsing import imports
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.scopes import ModuleReading


class DeclaredFieldNames(Mapping[str, DeclaredField]):
    """Import path -> what the tree shows about the class: of one that it defines, or passes on from Django.

    A class is looked up when it is requested, as in `FieldBases`; iteration gives those that were requested.
    """

    def __init__(self, context: ReadingContext) -> None:
        self._context = context
        self._module = ModuleReading("", context, ast.Module([], []))  # paths are looked up from the root
        self._found: dict[str, DeclaredField | None] = {}

    def __getitem__(self, path: str) -> DeclaredField:
        if path not in self._found:
            with self._context.apart():
                self._found[path] = self._declared(path)
        told = self._found[path]
        if told is None:
            raise KeyError(path)
        return told

    def __iter__(self) -> Iterator[str]:
        return (path for path, told in sorted(self._found.items()) if told is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _declared(self, path: str) -> DeclaredField | None:
        if path.startswith("django."):
            return None
        end, node = imports.passed_on(path, self._module)
        if node is None:
            return DeclaredField(end) if end.startswith("django.") else None
        return DeclaredField(end, unsaid_arguments(node))


def unsaid_arguments(node: ast.ClassDef) -> dict[str, Value]:
    """Arguments of the class's own `__init__`, each with the constant that it has where it is left out."""
    made = [each for each in node.body if getattr(each, "name", "") in ("__init__", "__new__")]
    wrapped = node.decorator_list or node.keywords or len(node.bases) != 1
    if wrapped or len(made) != 1 or not isinstance(made[0], ast.FunctionDef):
        return {}
    init = made[0]
    if init.name != "__init__" or init.decorator_list:
        return {}
    return {**dict(_of_keywords(init)), **dict(_of_parameters(init.args))}


def _of_parameters(arguments: ast.arguments) -> Iterator[tuple[str, Value]]:
    named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(named, arguments.defaults, strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for parameter, default in pairs:
        if isinstance(default, ast.Constant):
            yield parameter.arg, Constant(default.value)


def _of_keywords(init: ast.FunctionDef) -> Iterator[tuple[str, Value]]:
    """What `__init__` takes out of its `**kwargs` with a default: by `kwargs.get("x", 1)` where it does not pass them on, else by
    `kwargs.pop("x", 1)` before it does, whatever else it is given."""
    if init.args.kwarg is None:
        return
    name = init.args.kwarg.arg
    nodes = list(ast.walk(init))
    taken = [found for each in nodes if (found := _taken(each, name))]
    passed = [each.value.lineno for each in nodes if isinstance(each, ast.keyword) and _is_rest(each, name)]
    if len(taken) + len(passed) != sum(_is(each, name) for each in nodes):
        return  # something else is done with them
    always = {id(part) for each in init.body if isinstance(each, _PLAIN) for part in ast.walk(each)}
    for each in taken:
        out = not passed or (each.pops and id(each.call) in always and each.call.lineno < min(passed))
        if out and all(other.default == each.default for other in taken if other.key == each.key):
            yield each.key, each.default


_PLAIN = (ast.Assign, ast.AnnAssign, ast.Expr)  # statements that are run whatever the arguments are


@dataclass(frozen=True, slots=True)
class _Taken:
    call: ast.Call
    key: str
    default: Constant
    pops: bool


def _taken(node: ast.AST, name: str) -> _Taken | None:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=owner), attr="get" | "pop" as method),
            args=[ast.Constant(value=str(key)), ast.Constant(value=default)],
            keywords=[],
        ) if owner == name:
            return _Taken(node, key, Constant(default), method == "pop")
        case _:
            return None


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_rest(node: ast.keyword, name: str) -> bool:
    return node.arg is None and _is(node.value, name)
