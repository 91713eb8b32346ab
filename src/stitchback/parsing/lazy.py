"""Other modules of the tree, of which a name or two is wanted: only what is asked for is read.

A name that one plain statement binds (an import, a function, a class, an assignment) is read when it is first asked for: for
such names the order does not matter. A module where a name that is asked for is bound twice, or stands in a statement that
could change it, is read from top to bottom instead.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from stitchback.model.source import Opaque, Span
from stitchback.parsing.interpreter import execute
from stitchback.parsing.reading_limits import reason_of
from stitchback.parsing.scopes import ModuleReading, Scope, SharedBinding

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PLAIN = (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


class _Tangled(Exception):
    """A name is asked for, half-way through another one of its module, whose value depends on the order."""


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A module's syntax tree, whichever tree of files it stands in: its `import *`, the statements of names that one plain statement
    binds (`pending`), and the names that take reading the whole."""

    tree: ast.Module
    stars: list[ast.stmt]
    pending: Mapping[str, ast.stmt]
    tangled: frozenset[str]

    @classmethod
    def of(cls, tree: ast.Module) -> Parsed:
        bound: Counter[str] = Counter()
        tangled: set[str] = set()
        pending: dict[str, ast.stmt] = {}
        stars: list[ast.stmt] = []
        for statement in tree.body:
            names = list(_bound(statement)) if isinstance(statement, _PLAIN) else None
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                stars.append(statement)
            elif names is not None:
                bound.update(names)
                pending.update(dict.fromkeys(names, statement))
            else:
                tangled.update(part.id for part in ast.walk(statement) if isinstance(part, ast.Name))
                tangled.update(_bound_within(statement))
        tangled.update(name for name, times in bound.items() if times > 1)
        plain = {name: statement for name, statement in pending.items() if name not in tangled}
        return cls(tree, stars, plain, frozenset(tangled))


@dataclass(slots=True, eq=False)
class LazyScope(Scope):
    pending: dict[str, ast.stmt] = field(default_factory=dict)
    tangled: frozenset[str] = frozenset()
    asked: dict[str, str] = field(default_factory=dict)  # of the tree, while any of its names was read
    busy: int = 0

    @classmethod
    def of(cls, module: ModuleReading, parsed: Parsed) -> LazyScope:
        """Of a module whose tree that is."""
        scope = cls(module)
        module.scopes.append(scope)
        execute(parsed.stars, scope)
        scope.tangled, scope.pending = parsed.tangled, dict(parsed.pending)
        return scope

    def find(self, name: str) -> SharedBinding | None:
        if name not in self.names and (name in self.pending or name in self.tangled):
            with self.noting():
                self._read(name)
        return self.names.get(name)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What is asked within is asked by everybody who uses this module."""
        with self.module.context.noting() as asked:
            yield
        self.asked.update(asked)

    def all(self) -> dict[str, SharedBinding]:
        """Every name, the module read from top to bottom."""
        with self.noting():
            self._read_whole()
        return self.names

    def _read(self, name: str) -> None:
        statement = self.pending.pop(name, None)
        if statement is None:
            if self.busy:
                raise _Tangled
            self._read_whole()
            return
        self.busy += 1
        try:
            execute([statement], self)
        except _Tangled:
            if self.busy > 1:
                raise
            self._read_whole()
        except RecursionError as problem:
            self._give_up(_bound(statement), problem)
        finally:
            self.busy -= 1

    def _read_whole(self) -> None:
        every = {*self.names, *self.pending, *self.tangled}
        self.pending, self.tangled = {}, frozenset()
        self.names.clear()
        try:
            execute(self.module.tree.body, self)
        except RecursionError as problem:
            self._give_up(every, problem)

    def _give_up(self, names: Iterable[str], problem: RecursionError) -> None:
        """What reaches a limit of the reader is not known."""
        unknown = Opaque(reason_of(problem), "", Span(self.module.path))
        self.names.update((name, SharedBinding(unknown)) for name in names)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a plain statement binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.Assign(targets=targets):
            yield from (
                part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
            )
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


def _bound_within(statement: ast.stmt) -> Iterator[str]:
    """Functions, classes and imports that a condition or the like holds."""
    for part in ast.walk(statement):
        if isinstance(part, _DEFINITIONS):
            yield part.name
        elif isinstance(part, ast.alias):
            yield (part.asname or part.name).partition(".")[0]
