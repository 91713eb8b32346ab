"""The changes that a plan makes to migration files, as data: first proved and shown, then written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span


@dataclass(frozen=True, slots=True)
class KeepOperation:
    """The operation with that index in the original file, its text unchanged."""

    index: int


@dataclass(frozen=True, slots=True)
class MakeConditional:
    """The operation with that index in the original, its class replaced by the template of
    `model.conditional` for its kind, its arguments unchanged. The template's class is added to the file.
    """

    index: int


@dataclass(frozen=True, slots=True)
class Insert:
    """A new operation, written from its values; if `operation.conditional`, with the template for its kind."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class CarryOperation:
    """The operation with that index of another file (by the `blob` of `source`), its text unchanged, with the functions, constants and
    imports of that module that it uses.
    """

    source: Migration
    index: int

    @property
    def operation(self) -> Operation | Opaque:
        return self.source.operations[self.index]


OperationEdit = KeepOperation | MakeConditional | Insert | CarryOperation


@dataclass(frozen=True, slots=True)
class SetDependencies:
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class SetReplaces:
    replaces: tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class SetOperations:
    """The whole list, in its new order."""

    operations: tuple[OperationEdit, ...]


@dataclass(frozen=True, slots=True)
class SetComment:
    """stitchback's own comment block, one line each, without "# ". Lines that stitchback reads back start
    with "stitchback: " in the file; `Migration.provenance` holds them without that marker. The other lines
    are for people.
    """

    people: tuple[str, ...]
    provenance: tuple[str, ...]


FileChange = SetDependencies | SetReplaces | SetOperations | SetComment


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file that is created or changed.

    `original` is the migration whose bytes (by its `blob`) the file starts from: the same file, a file copied
    from the patch branch, or None for a new file (then operations are Insert only).
    No changes and an original: the bytes are copied unchanged.
    """

    key: MigrationKey
    path: str
    original: Migration | None
    changes: tuple[FileChange, ...] = ()

    @property
    def result(self) -> Migration:
        """The migration that reading the written file must return (apart from spans and blob)."""
        migration = self.original or Migration(self.key, self.path, "")
        migration = migration.with_changes(key=self.key, path=self.path)
        for change in self.changes:
            migration = changed(migration, change)
        return migration


@dataclass(frozen=True, slots=True)
class DeleteFile:
    key: MigrationKey
    path: str


FileEdit = WriteFile | DeleteFile


def changed(migration: Migration, change: FileChange) -> Migration:
    """The migration after one change. Insert's operations have no place in a file."""
    match change:
        case SetDependencies(dependencies=dependencies):
            return migration.with_changes(dependencies=dependencies)
        case SetReplaces(replaces=replaces):
            return migration.with_changes(replaces=replaces)
        case SetOperations(operations=edits):
            return migration.with_changes(
                operations=tuple(edited_operation(migration, edit) for edit in edits)
            )
        case SetComment(provenance=provenance):
            return migration.with_changes(provenance=(*migration.provenance, *provenance))
        case _:
            assert_never(change)


def edited_operation(migration: Migration, edit: OperationEdit) -> Operation | Opaque:
    match edit:
        case KeepOperation(index=index):
            return migration.operations[index]
        case MakeConditional(index=index):
            operation = migration.operations[index]
            assert isinstance(operation, Operation), "only what was read can be made conditional"
            return conditional(operation)
        case Insert(operation=operation):
            return operation
        case CarryOperation():
            return edit.operation
        case _:
            assert_never(edit)


def conditional(operation: Operation) -> Operation:
    """The operation as its conditional template."""
    from dataclasses import replace

    return replace(operation, conditional=True)


NOWHERE = Span("", 0, 0, 0, 0)
