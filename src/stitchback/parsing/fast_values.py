"""The operations of a plain migration: what it imports stays a reference, what it calls stays a call."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from stitchback.model.migrations import Operations
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.operations import BY_PATH
from stitchback.operations.within import NESTED
from stitchback.parsing import builtin_calls, constant_folding, names
from stitchback.parsing.fast_names import Names, path_of
from stitchback.parsing.sources import span_of


@dataclass(frozen=True, slots=True, eq=False)
class FastValues:
    """Of one file. `code_of` gives the code of a function that it defines."""

    path: str
    bound: Names
    code_of: Callable[[ast.FunctionDef], Code]
    _codes: dict[str, Code] = field(default_factory=dict)

    def operations(self, node: ast.expr | None) -> Operations:
        """Of a list as it stands in the file."""
        if not isinstance(node, ast.List):
            return ()
        return tuple([self._operation(item) for item in node.elts])

    def _operation(self, node: ast.expr) -> Operation:
        assert isinstance(node, ast.Call), "the file is plain"
        path = path_of(node.func, self.bound)
        kind = BY_PATH[path]
        inner: dict[str, Operations] = {}
        arguments = dict(zip(kind.parameters, map(self._value, node.args), strict=False))
        for keyword in node.keywords:
            assert keyword.arg is not None, "the file is plain"
            if keyword.arg in NESTED:
                inner[keyword.arg] = self.operations(keyword.value)
            else:
                arguments[keyword.arg] = self._value(keyword.value)
        database, state = (inner.get(name, ()) for name in NESTED)
        return Operation(
            kind.name, path, tuple(sorted(arguments.items())), span_of(node, self.path), database, state
        )

    def _value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant):
            return Constant(node.value)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute | ast.Name):
            return self._named(node)
        if isinstance(node, ast.List | ast.Tuple):
            kind = "list" if isinstance(node, ast.List) else "tuple"
            return Items(kind, tuple([self._value(item) for item in node.elts]))
        if isinstance(node, ast.Dict):
            pairs = {}
            for key, value in zip(node.keys, node.values, strict=True):
                assert key is not None, "the file is plain"
                pairs[self._value(key)] = self._value(value)
            return Dictionary(tuple(pairs.items()))
        if isinstance(node, ast.Set):
            return constant_folding.unordered("set", tuple(map(self._value, node.elts)))
        assert isinstance(node, ast.UnaryOp), "the file is plain"
        return constant_folding.unary(type(node.op), self._value(node.operand))

    def _named(self, node: ast.Attribute | ast.Name) -> Value:
        found = self.bound.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(found, ast.Constant):
            return Constant(found.value)
        if isinstance(found, ast.FunctionDef):
            if found.name not in self._codes:
                self._codes[found.name] = self.code_of(found)
            return self._codes[found.name]
        return names.reference(path_of(node, self.bound))

    def _call(self, node: ast.Call) -> Value:
        args = tuple([self._value(argument) for argument in node.args])
        path = path_of(node.func, self.bound)
        if path.startswith("builtins."):
            folded = builtin_calls.fold(path.removeprefix("builtins."), args, ())
            assert folded is not None, "the file is plain"
            return folded
        kwargs = [(keyword.arg or "", self._value(keyword.value)) for keyword in node.keywords]
        kwargs.sort(key=lambda pair: pair[0])
        return Call(Reference(path), args, tuple(kwargs))
