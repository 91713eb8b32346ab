"""What is left for later of a plain migration: its operations, and the code of the functions that these name."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from stitchback.model.data_reach import EVERYTHING
from stitchback.model.migrations import Operations
from stitchback.model.session_statements import code_leaves_nothing
from stitchback.model.values import Code, Written
from stitchback.parsing import sources
from stitchback.parsing.context import ReadingContext
from stitchback.parsing.fast_names import Names
from stitchback.parsing.fast_reader import parts_again
from stitchback.parsing.fast_values import FastValues
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.interpreter import execute
from stitchback.parsing.scopes import Function, ModuleReading, Scope

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
