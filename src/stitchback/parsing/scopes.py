"""What names refer to while a module is read: the reader's own small memory.

Unlike the model, this changes while it is used: Python's lists do too, and `operations = name` before the list is filled must
see what is put in later. A `SharedBinding` is that identity: two names of one list share one box.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Dictionary, Items, Reference, Value, walk
from stitchback.parsing import sources
from stitchback.parsing.reading_limits import Measure, Measures

if TYPE_CHECKING:
    from stitchback.parsing.reading_context import ReadingContext

MAX_STEPS = 6_000  # calls followed and loop rounds run in one module
MAX_CALLS = 9  # of calls within calls that are followed


@dataclass(slots=True, eq=False)
class Function:
    """A function of a module, not yet read."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope


@dataclass(slots=True, eq=False)
class Class:
    """A class of a module. `body` is its names, once they have been read."""

    node: ast.ClassDef
    scope: Scope
    body: Scope | None = None


Definition = Function | Class
Binding = Value | Definition
DEFINITIONS = (Function, Class)  # for isinstance, which takes a tuple faster than a union
_OF_NAMES = Measures().of(Reference(""))


@dataclass(slots=True, eq=False)
class SharedBinding:
    """What a name refers to. Python's lists, sets and dictionaries can change under every name and in every place that holds them;
    all names of one share a box. `is_own`: the statement that made the box made the object too, so that nothing else held it then.
    `is_held`: it has been put into something since (a list, a call), which knows it as it was."""

    binding: Binding
    node: ast.stmt | None = None  # the statement that bound the name
    is_own: bool = False
    is_held: bool = False

    def put(self, binding: Binding) -> None:
        self.binding = binding

    def measure(self, module: ModuleReading) -> Measure:
        """Of what the name refers to; of a function or class that of a name."""
        return _OF_NAMES if isinstance(self.binding, DEFINITIONS) else module.measures.of(self.binding)

    @property
    def can_change(self) -> bool:
        """Whether the object can change while its names stay."""
        binding = self.binding
        return isinstance(binding, Dictionary) or (
            isinstance(binding, Items) and binding.kind in ("list", "set")
        )


@dataclass(slots=True, eq=False)
class CallSite:
    """Where a call stands, and what it calls where that is a class of the tree."""

    call: Call
    node: ast.Call
    path: str
    callee: Class | None

    @property
    def span(self) -> Span:
        return sources.span_of(self.node, self.path)


@dataclass(slots=True, eq=False)
class ModuleReading:
    """One module while it is read. `places` is by `id` of the call (which it keeps alive)."""

    path: str
    context: ReadingContext
    tree: ast.Module
    places: dict[int, CallSite] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)  # modules of `from x import *`
    codes: dict[tuple[int, int], tuple[Function | Class, Code]] = field(default_factory=dict)
    others: list[ModuleReading] = field(default_factory=list)  # modules of the tree that gave something
    scopes: list[Scope] = field(default_factory=list)  # the module's own, its classes', its functions'
    further: dict[str, list[ast.stmt]] | None = None  # name -> the module's statements that bind it
    mentioned: dict[str, list[ast.stmt]] | None = None  # as `further`, of all statements that name it
    known_package: str | None = None  # where there is no tree around the module
    steps: int = 0
    measures: Measures = field(default_factory=Measures)
    depth: int = 0

    @property
    def package(self) -> str:
        """The dotted name that relative imports start from."""
        if self.known_package is not None:
            return self.known_package
        name = self.context.module_name(self.path)
        return name if self.path.endswith("/__init__.py") else name.rpartition(".")[0]

    def binders(self, name: str) -> list[ast.stmt]:
        """The statements of the module that bind the name, wherever they stand."""
        if self.further is None:
            self.further = {}
            for statement in self.tree.body:
                for bound in _bound(statement):
                    self.further.setdefault(bound, []).append(statement)
        return self.further.get(name, [])

    def mentions(self, name: str) -> list[ast.stmt]:
        """The module's statements, but for functions, classes and imports, that name it."""
        if self.mentioned is None:
            self.mentioned = {}
            for statement in self.tree.body:
                for named in dict.fromkeys(_named(statement)):
                    self.mentioned.setdefault(named, []).append(statement)
        return self.mentioned.get(name, [])

    def opaque(self, reason: str, node: ast.expr | ast.stmt) -> Opaque:
        self.measures.spend(sources.extent(node))
        return sources.opaque(reason, node, self.path)

    def place(self, call: Call) -> CallSite | None:
        """Where the call stands, here or in a module that it was imported from."""
        found = self.places.get(id(call))
        return found or next((place for other in self.others if (place := other.places.get(id(call)))), None)

    def step(self) -> bool:
        """Whether one more round may be run."""
        self.steps += 1
        return self.steps <= MAX_STEPS

    def bounded(self, value: Value, node: ast.expr | ast.stmt) -> Value:
        """The value; opaque where it is too large."""
        return self.opaque("too large to read", node) if self.measures.is_too_large(value) else value

    @contextmanager
    def deeper(self) -> Iterator[bool]:
        """Within a call that is followed; whether that is still allowed."""
        self.depth += 1
        try:
            yield self.depth <= MAX_CALLS and self.step()
        finally:
            self.depth -= 1


@dataclass(slots=True, eq=False)
class Scope:
    module: ModuleReading
    outer: Scope | None = None
    names: dict[str, SharedBinding] = field(default_factory=dict)
    is_class: bool = (
        False  # what stands in a class's functions and comprehensions does not see the class's names
    )

    def find(self, name: str) -> SharedBinding | None:
        box = self.names.get(name)
        if box is not None:
            return box
        outer = self.outer
        while outer is not None and outer.is_class:
            outer = outer.outer
        return outer.find(name) if outer is not None else None

    def bind(self, name: str, binding: Binding) -> None:
        self.names[name] = SharedBinding(binding)

    def inner(self) -> Scope:
        """A scope for a comprehension."""
        return Scope(self.module, self)

    def body(self) -> Scope:
        """A scope for a class's or function's body, whose names may live on."""
        scope = Scope(self.module, self)
        self.module.scopes.append(scope)
        return scope

    @property
    def globals(self) -> Scope:
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def opaque(self, reason: str, node: ast.expr | ast.stmt) -> Opaque:
        return self.module.opaque(reason, node)

    def unknown(self, reason: str, node: ast.expr) -> Opaque:
        """An expression that is not read to its end: it may be, or hold, any object that it names."""
        for part in ast.walk(node):
            box = self.find(part.id) if isinstance(part, ast.Name) else None
            if box is not None:
                box.is_held = True
        return self.module.opaque(reason, node)

    def forget(self) -> None:
        """Take apart what holds each other (a function and the scope that it stands in), so that the syntax tree goes at once."""
        for scope in self.module.scopes:
            scope.names.clear()
        self.module.scopes.clear()
        self.module.codes.clear()
        self.module.places.clear()
        self.module.others.clear()


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (
                part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
            )
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


def _named(statement: ast.stmt) -> Iterator[str]:
    if isinstance(
        statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    ):
        return
    for part in ast.walk(statement):
        match part:
            case (
                ast.Name(id=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.alias(name=path, asname=other):
                yield (other or path).partition(".")[0]
            case _:
                continue


def has_opaque(value: Value) -> bool:
    return any(isinstance(item, Opaque) for item in walk(value))


def definition_of(name: str, scope: Scope) -> Definition | None:
    """The function or class that the name is, also one that the module defines further down."""
    box = scope.find(name)
    if box is not None:
        return box.binding if isinstance(box.binding, DEFINITIONS) else None
    for node in scope.module.binders(name):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return Function(node, scope.globals)
        if isinstance(node, ast.ClassDef):
            return Class(node, scope.globals)
    return None
