"""Serializes trees for the rehearsal's process: numbered, and without data that a rehearsal does not need."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Swappable, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value, walk
from stitchback.operations.data import data_run, runs_code
from stitchback.rehearsal.projections import NOTHING, Projection
from stitchback.rehearsal.requests import Parcel, ShippedTree

NOWHERE = Span("")
IDENTITY = "stitchback identity"
LEAVES_NOTHING = "stitchback leaves nothing"
MOST_BASES = 12  # classes between a custom field and Django's field class
UNUSED = frozenset({"reverse_code", "reverse_sql", "hints", "managers"})
UNUSED_OF_CALLS = frozenset(
    {"verbose_name", "help_text", "choices", "validators", "error_messages", "upload_to", "storage"}
)


class TreeSerializer:
    """Numbers migrations and trees; each migration is sent once. `bases`: the classes that custom field classes extend."""

    def __init__(self, bases: Mapping[str, str]) -> None:
        self._bases = bases
        self._migrations: dict[int, tuple[Migration, int]] = {}
        self._same_name: dict[MigrationKey, list[tuple[Migration, int]]] = {}
        self._trees: dict[tuple[int, int], tuple[Tree, Projection, int]] = {}
        self._count = 0
        self._waiting = Parcel({}, {}, {})

    def tree(self, tree: Tree, split: frozenset[str] = frozenset(), below: Projection = NOTHING) -> int:
        known = self._trees.get((id(tree), id(below)))
        if known is None:
            number = len(self._trees)
            gone = frozenset(key.app for key in below.below)
            files = tuple(
                (
                    self.migration(each),
                    dependencies(each.dependencies, below, tree, gone),
                    dependencies(each.run_before, below, tree, gone),
                )
                for key, each in sorted(tree.migrations.items())
                if key not in below.below
            )
            base = tuple(map(self.migration, below.base))
            shipped = ShippedTree(files, dict(tree.settings), split, base, below.relevant, below.mentioned)
            known = self._trees[id(tree), id(below)] = (tree, below, number)
            trees = {**self._waiting.trees, number: shipped}
            self._waiting = Parcel(self._waiting.migrations, trees, self._waiting.bases)
        return known[2]

    def migration(self, migration: Migration) -> int:
        known = self._migrations.get(id(migration))
        if known is None:
            number = next(
                (
                    number
                    for other, number in self._same_name.get(migration.key, ())
                    if same(other, migration)
                ),
                None,
            )
            if number is None:
                number = self._count
                self._count += 1
                self._same_name.setdefault(migration.key, []).append((migration, number))
                self._add(number, migration)
            known = self._migrations[id(migration)] = (migration, number)
        return known[1]

    def _add(self, number: int, migration: Migration) -> None:
        light = in_short(migration)
        bases = dict(self._waiting.bases)
        for path in called(light):
            for _ in range(MOST_BASES):
                base = None if path.startswith("django.") else self._bases.get(path)
                if base is None:
                    break
                bases[path] = base
                path = base
        migrations = {**self._waiting.migrations, number: light}
        self._waiting = Parcel(migrations, self._waiting.trees, bases)

    def parcel(self) -> Parcel:
        """The migrations and trees that were numbered since the last parcel."""
        parcel, self._waiting = self._waiting, Parcel({}, {}, {})
        return parcel


def same(one: Migration, other: Migration) -> bool:
    """Whether Django does the same with both, apart from their dependencies."""
    return (
        one.operations == other.operations
        and one.replaces == other.replaces
        and (one.initial, one.atomic) == (other.initial, other.atomic)
    )


def in_short(migration: Migration) -> Migration:
    operations = tuple(map(operation_in_short, migration.operations))
    return Migration(
        migration.key,
        "",
        "",
        replaces=migration.ghosts,
        operations=operations,
        initial=migration.initial,
        atomic=migration.atomic,
    )


def dependencies(
    those: tuple[Dependency, ...], below: Projection, tree: Tree, gone: frozenset[str]
) -> tuple[Dependency, ...]:
    """The dependencies without those that cannot be read, as in the engine, and without those that count as applied. `gone`: apps of the latter."""

    def is_kept(each: Dependency) -> bool:
        match each:
            case Opaque():
                return False
            case MigrationKey(app=app, name="__first__"):
                return app not in gone
            case MigrationKey():
                return each not in below.below
            case Swappable(setting=setting):
                return tree.settings.get(setting, "").split(".")[0] not in gone
            case _:
                assert_never(each)

    return tuple(filter(is_kept, those))


def operation_in_short(operation: Operation | Opaque) -> Operation | Opaque:
    if isinstance(operation, Opaque):
        return Opaque(operation.reason, operation.source[:200], operation.span)
    arguments = tuple(
        (name, value_in_short(value, is_code=name == "code"))
        for name, value in operation.arguments
        if name not in UNUSED
    )
    if runs_code(operation):
        arguments += data_arguments(operation)
    return Operation(
        operation.kind,
        operation.path,
        arguments,
        NOWHERE,
        tuple(map(operation_in_short, operation.database)),
        tuple(map(operation_in_short, operation.state)),
        operation.conditional,
    )


def data_arguments(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """The arguments that identify a data operation, and whether it leaves no change; computed here, where the code that it calls is known."""
    run = data_run(operation)
    return (IDENTITY, Constant(run.fingerprint)), (LEAVES_NOTHING, Constant(run.empty))


def value_in_short(value: Value, is_code: bool = False) -> Value:
    """The value without source code, unless a data operation runs the code: this saves most fingerprints."""
    match value:
        case Code(name=name, empty=empty):
            return (
                Code(name, value.fingerprint, value.source, empty) if is_code else Code(name, "", "", empty)
            )
        case Items(kind=kind, items=items):
            return Items(kind, tuple(map(value_in_short, items)))
        case Dictionary(items=pairs):
            return Dictionary(tuple((value_in_short(key), value_in_short(item)) for key, item in pairs))
        case Call(callee=callee, args=args, kwargs=kwargs):
            return Call(
                value_in_short(callee),
                tuple(map(value_in_short, args)),
                tuple((name, value_in_short(item)) for name, item in kwargs if name not in UNUSED_OF_CALLS),
            )
        case Opaque(reason=reason, source=source):
            return Opaque(reason, source[:200], NOWHERE)
        case Constant() | Reference():
            return value
        case _:
            assert_never(value)


def called(migration: Migration) -> Iterator[str]:
    """The import paths that the operations call."""
    waiting = list(migration.operations)
    for operation in waiting:
        if isinstance(operation, Opaque):
            continue
        waiting += (*operation.database, *operation.state)
        for _, value in operation.arguments:
            for item in walk(value):
                if isinstance(item, Call) and isinstance(item.callee, Reference):
                    yield item.callee.path


class _Pickler(pickle.Pickler):
    """Pickles migrations and code that were built lazily by their parts."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind is Migration:
            names = ("key", "path", "blob", "dependencies", "run_before", "replaces", "operations")
            return Migration, (*(getattr(value, name) for name in names), value.initial, value.atomic)
        if kind is Code:
            return Code, (value.name, value.fingerprint, value.source, value.empty)
        return NotImplemented


def packed(value: object) -> bytes:
    buffer = BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()
