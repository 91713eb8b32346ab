"""Migrations as people mostly have them: nothing in them has to be worked out, so their operations are not built before
they are requested.

A file is plain where it holds imports, functions, literals and one class Migration, of attributes and a list of Django's operations
whose arguments are literals, names, and calls of what it imports. All of it is checked: of a plain file it is known that
nothing is opaque, how many operations it has, and that what it imports is no constant and no function that the tree defines, whose
value would have to be known: that is asked of the tree (`imports.definition`), as the reader of all Python (`migration`) asks it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import DeferredOperations, Dependency, Migration, Operations, Swappable
from stitchback.operations import BY_PATH
from stitchback.operations.base import OperationKind
from stitchback.operations.within import NESTED
from stitchback.parsing import environment, imports, known_calls, settings
from stitchback.parsing.class_hierarchy import DJANGO
from stitchback.parsing.fast_names import Names, UnusedStatement, bound_in, path_of
from stitchback.parsing.import_paths import SETTINGS, VENDOR
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.scopes import ModuleReading
from stitchback.parsing.sources import is_readable, provenance_of

_MODELS = "django.db.models."
_SWAPPABLE = "django.db.migrations.swappable_dependency"
_SEQUENCES = frozenset({"builtins.set", "builtins.list", "builtins.tuple", "builtins.frozenset"})
_LISTS = ("dependencies", "replaces", "operations")
_DISPLAYS = (ast.List, ast.Tuple, ast.Set)  # for isinstance, which takes a tuple faster than a union


@dataclass(frozen=True, slots=True)
class FastReading:
    """What a plain file says: the migration with its operations unopened, and where these stand."""

    migration: Migration
    bound: Names
    package: str
    operations: ast.expr | None


def outline(
    key: MigrationKey,
    path: str,
    blob: str,
    source: bytes,
    tree: ast.Module,
    context: ReadingContext,
    opener: Callable[[str], Callable[[], Operations]],
) -> FastReading | None:
    """The migration; None where the file is not plain. `opener` gives what makes its operations, given the package that its relative
    imports start from ("" where it has none)."""
    looking = _FastReader(ModuleReading(path, context, tree))
    parts = _parts(tree, looking.package)
    if parts is None:
        return None
    said, looking.bound = parts
    try:
        told = looking.at(said)
    except RecursionError:
        return None
    if told is None:
        return None
    package = looking.module.package if looking.is_relative else ""
    migration = Migration.unopened(
        DeferredOperations(told.operations, True, opener(package), package),
        key=key,
        path=path,
        blob=blob,
        dependencies=told.dependencies,
        run_before=(),
        replaces=told.replaces,
        initial=told.initial,
        atomic=told.atomic,
        opaque_attributes=(),
        own_behaviour=(),
        provenance=provenance_of(source),
    )
    return FastReading(migration, looking.bound, package, said.get("operations"))


def parts_again(tree: ast.Module, package: str) -> tuple[ast.expr | None, Names]:
    """The operations of a file that is known to be plain, and its names."""
    parts = _parts(tree, lambda: package)
    assert parts is not None, "the file was plain"
    return parts[0].get("operations"), parts[1]


def _parts(tree: ast.Module, package: Callable[[], str]) -> tuple[dict[str, ast.expr], Names] | None:
    """The class's attributes, and what the names of the file refer to; None if there is anything else."""
    if not tree.body or not isinstance(owner := tree.body[-1], ast.ClassDef):
        return None
    bound = bound_in(tree.body[:-1], package)
    if bound is None or not _is_migration(owner, bound):
        return None
    said = _attributes(owner)
    if said is None:
        return None
    bound.update(dict.fromkeys(said, UnusedStatement.CLASS_ATTRIBUTE))
    return said, bound


def _is_migration(owner: ast.ClassDef, bound: Names) -> bool:
    return (
        owner.name == "Migration"
        and not owner.decorator_list
        and not owner.keywords
        and len(owner.bases) == 1
        and path_of(owner.bases[0], bound) == DJANGO
    )


def _attributes(owner: ast.ClassDef) -> dict[str, ast.expr] | None:
    """Each attribute once; None where anything else stands in the class."""
    found: dict[str, ast.expr] = {}
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in found:
                if name == "run_before":
                    return None
                found[name] = value
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case _:
                return None
    return found


class _ClassOutline(NamedTuple):
    """What a plain class says; how many `operations` it has."""

    dependencies: tuple[Dependency, ...]
    replaces: tuple[MigrationKey, ...]
    operations: int
    initial: bool | None
    atomic: bool | None


class _FastReader:
    """A check of a file that may be plain. With every file of a tree: it must be quick, and most of it is of literals."""

    __slots__ = ("bound", "is_relative", "module")

    def __init__(self, module: ModuleReading) -> None:
        self.module = module
        self.bound: Names = {}
        self.is_relative = False

    def package(self) -> str:
        """What relative imports start from; noted as a question."""
        self.is_relative = True
        return self.module.package

    def at(self, said: Mapping[str, ast.expr]) -> _ClassOutline | None:
        """What the class's attributes say; None where one of them is not plain."""
        parents, ghosts = self.keys(said.get("dependencies")), self.keys(said.get("replaces"))
        if parents is None or ghosts is None or not all(isinstance(each, MigrationKey) for each in ghosts):
            return None
        operations = said.get("operations")
        count = 0 if operations is None else self.count(operations)
        if count is None:
            return None
        flags: dict[str, bool | None] = {"initial": None, "atomic": True}
        for name, node in said.items():
            if name in flags:
                if not isinstance(node, ast.Constant) or not isinstance(node.value, bool | None):
                    return None
                flags[name] = node.value
            elif name not in _LISTS and not self.is_plain(node):
                return None
        return _ClassOutline(parents, ghosts, count, flags["initial"], flags["atomic"])  # type: ignore[arg-type]

    def keys(self, node: ast.expr | None) -> tuple[Dependency, ...] | None:
        if node is None:
            return ()
        if not isinstance(node, ast.List | ast.Tuple):
            return None
        found: list[Dependency] = []
        for item in node.elts:
            key = _key(item) or self._swappable(item)
            if key is None:
                return None
            found.append(key)
        return tuple(found)

    def _swappable(self, node: ast.expr) -> Swappable | None:
        match node:
            case ast.Call(func=function, args=[argument], keywords=[]):
                path = path_of(argument, self.bound)
                is_setting = path.startswith(SETTINGS) and self._stays(path)
                if is_setting and path_of(function, self.bound) == _SWAPPABLE:
                    return Swappable(path.removeprefix(SETTINGS))
        return None

    def count(self, node: ast.expr) -> int | None:
        """How many operations the list has; None where it, or one of them, is not plain."""
        if not isinstance(node, ast.List) or not all(map(self._is_operation, node.elts)):
            return None
        return len(node.elts)

    def _is_operation(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        kind = BY_PATH.get(path_of(node.func, self.bound))
        if kind is None or len(node.args) > len(kind.parameters):
            return False
        nested = not set(NESTED).isdisjoint(kind.parameters)
        return self._holds_operations(kind, node) if nested else self._are_plain(node)

    def _holds_operations(self, kind: OperationKind, node: ast.Call) -> bool:
        """Operations in operations, by the names of the arguments."""
        if any(name in NESTED for name in kind.parameters[: len(node.args)]):
            return False
        nested = [keyword.value for keyword in node.keywords if keyword.arg in NESTED]
        others = [keyword.value for keyword in node.keywords if keyword.arg not in NESTED]
        return (
            all(keyword.arg is not None for keyword in node.keywords)
            and all(_is_none(value) or self.count(value) is not None for value in nested)
            and self._all_plain((*node.args, *others))
        )

    def _are_plain(self, call: ast.Call) -> bool:
        """Whether the arguments are."""
        for argument in call.args:
            if not self.is_plain(argument):
                return False
        for keyword in call.keywords:
            value = keyword.value
            if type(value) is ast.Constant and type(value.value) is not int and keyword.arg is not None:
                continue  # most of them
            if keyword.arg is None or not self.is_plain(value):
                return False
        return True

    def _all_plain(self, nodes: Iterable[ast.expr]) -> bool:
        return all(map(self.is_plain, nodes))

    def is_plain(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return is_readable(node)
        if isinstance(node, ast.Call):
            return self._is_plain_call(node)
        if isinstance(node, _DISPLAYS):
            return self._all_plain(node.elts)
        if isinstance(node, ast.Attribute):
            path = path_of(node, self.bound)
            return path != "" and self._stays(path)
        if isinstance(node, ast.Name):
            return self._is_plain_name(node)
        if isinstance(node, ast.Dict):
            return None not in node.keys and self._all_plain((*node.keys, *node.values))  # type: ignore[arg-type]
        return (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and isinstance(node.operand, ast.Constant)
            and type(node.operand.value) in (int, float)
            and is_readable(node.operand)
        )

    def _is_plain_name(self, node: ast.Name) -> bool:
        if isinstance(self.bound.get(node.id), ast.FunctionDef | ast.Constant):
            return True
        path = path_of(node, self.bound)
        return path != "" and self._stays(path)

    def _is_plain_call(self, node: ast.Call) -> bool:
        path = path_of(node.func, self.bound)
        if path.startswith(_MODELS):
            return self._are_plain(node)
        if path in _SEQUENCES:
            match node:
                case ast.Call(args=[], keywords=[]):
                    return True
                case ast.Call(args=[ast.List() | ast.Tuple() as items], keywords=[]):
                    return self._all_plain(items.elts)
            return False
        return path != "" and self._is_kept(path) and self._are_plain(node)

    def _stays(self, path: str) -> bool:
        """Whether what the path means is not known, or not checked: it stays a reference (`loads.read_name`)."""
        context = self.module.context
        if path.startswith(SETTINGS) or path == VENDOR:
            return settings.known(path, context) is None
        if environment.constant(path) is not None:
            return False
        return path.startswith("django.") or imports.definition(path, self.module, "constant") is None

    def _is_kept(self, path: str) -> bool:
        """Whether a call of what the path means stays a call (`calls.read_call`)."""
        if path in BY_PATH or path.startswith((SETTINGS, "builtins.")) or known_calls.is_known(path):
            return False
        if not self._stays(path):
            return False
        if path.startswith("django."):
            return True
        self.module.context.call(path)
        return imports.function(path, self.module) is None


def _key(node: ast.expr) -> MigrationKey | None:
    """The migration that a tuple of two strings names. Without `match`, which takes three times as long: every file has some."""
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        app, name = node.elts
        if isinstance(app, ast.Constant) and isinstance(name, ast.Constant):
            one, other = app.value, name.value
            if isinstance(one, str) and isinstance(other, str):
                return MigrationKey(one, other)
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
