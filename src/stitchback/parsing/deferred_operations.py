"""What is left for later of a plain migration: its operations, and the code of the functions that these name."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from stitchback.model.data_reach import EVERYTHING
from stitchback.model.migrations import Operations
from stitchback.model.operations import Operation
from stitchback.model.session_statements import code_leaves_nothing
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value, Written
from stitchback.operations import BY_PATH
from stitchback.operations.within import NESTED
from stitchback.parsing import builtin_calls, constant_folding, import_paths, sources
from stitchback.parsing.fast_names import Names, path_of
from stitchback.parsing.fast_reader import parts_again
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.interpreter import execute
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.scopes import Function, ModuleReading, Scope
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
        return import_paths.reference(path_of(node, self.bound))

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


Again = Callable[[], bytes]  # the bytes of the file, once more


@dataclass(frozen=True, slots=True)
class DeferredFile:
    """A plain file, to be read once more. `package`: what its relative imports start from."""

    path: str
    again: Again
    package: str


def opener(file: DeferredFile) -> Callable[[], Operations]:
    """What makes the operations of a plain file."""

    def opened() -> Operations:
        tree = sources.parse(file.again())
        operations, bound = parts_again(tree, file.package)
        return operations_of(operations, bound, file)

    return opened


def operations_of(node: ast.expr | None, bound: Names, file: DeferredFile) -> Operations:
    """The operations of a plain file. The code of its functions is written out when it is requested, from the file's bytes: a syntax
    tree takes a hundred times their memory."""

    def deferred(function: ast.FunctionDef) -> Code:
        return code_in(file, function.name, code_leaves_nothing(function))

    return FastValues(file.path, bound, deferred).operations(node)


def code_in(file: DeferredFile, name: str, empty: bool) -> Code:
    """The code of a function of a plain file, to be written out when it is requested."""
    return Code.deferred(name, empty, lambda: _written(name, file))


def _written(name: str, file: DeferredFile) -> Written:
    """The fingerprint, the source and the reach of a plain file's function: its names lead to nothing of the tree."""
    source = file.again()
    tree = sources.parse(source)
    scope = Scope(ModuleReading(file.path, ReadingContext(), tree, known_package=file.package))
    scope.module.scopes.append(scope)
    try:
        execute(tree.body[:-1], scope)
        function = scope.names[name].binding
        assert isinstance(function, Function), "the file is plain"
        code = code_of(function)
        return code.fingerprint, code.source, code.reach
    except RecursionError:  # nested too deeply to be compared otherwise than by its bytes
        text = source.decode("utf-8", "replace")
        return hashlib.sha256(b"\0".join((name.encode(), source))).hexdigest(), text, EVERYTHING
    finally:
        scope.forget()
