"""A plan while it is put together: mainline's files with the edits made so far. A value; each edit gives a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from stitchback.matching.case import Unit
from stitchback.model.edits import (
    DeleteFile,
    FileChange,
    FileEdit,
    KeepOperation,
    OperationEdit,
    SetComment,
    SetDependencies,
    SetOperations,
    SetReplaces,
    WriteFile,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import ManualInsert, Remark


@dataclass(frozen=True, slots=True)
class FileDraft:
    """One file while it is edited. `original` as in WriteFile."""

    key: MigrationKey
    path: str
    original: Migration | None
    dependencies: tuple[Dependency, ...] = ()
    replaces: tuple[MigrationKey, ...] = ()
    operations: tuple[OperationEdit, ...] = ()
    people: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()

    @classmethod
    def of(cls, migration: Migration) -> FileDraft:
        """The file as it stands."""
        return cls(
            migration.key,
            migration.path,
            migration,
            migration.dependencies,
            migration.ghosts,
            tuple(KeepOperation(index) for index in range(migration.operation_count)),
        )

    def with_comment(self, *people: str, provenance: tuple[str, ...] = ()) -> FileDraft:
        """With these comment lines too, each once."""
        return replace(
            self,
            people=tuple(dict.fromkeys((*self.people, *people))),
            provenance=tuple(dict.fromkeys((*self.provenance, *provenance))),
        )

    @property
    def edit(self) -> WriteFile:
        """The edit that leads from the original to this, with no change that changes nothing."""
        return WriteFile(self.key, self.path, self.original, tuple(self._changes()))

    def _changes(self) -> list[FileChange]:
        was = FileDraft.of(self.original) if self.original else FileDraft(self.key, self.path, None)
        changes: list[FileChange] = []
        if self.replaces != was.replaces:
            changes.append(SetReplaces(self.replaces))
        if self.dependencies != was.dependencies:
            changes.append(SetDependencies(self.dependencies))
        if self.operations != was.operations:
            changes.append(SetOperations(self.operations))
        if self.people or self.provenance:
            changes.append(SetComment(self.people, self.provenance))
        return changes


class Resolution(Enum):
    """What mainline's duplicates of a unit become."""

    REMOVE = "remove"  # the replacement makes the change: mainline's operation is removed, or alters the result into mainline's definition
    GUARD = "guard"  # mainline's operation stays, and checks first whether the database has the schema object


@dataclass(frozen=True, slots=True)
class PendingUnit:
    """A unit whose duplicates on mainline are not resolved yet. `replacement`: the migration that creates the schema object instead, if any."""

    unit: Unit
    resolution: Resolution
    replacement: MigrationKey | None


@dataclass(frozen=True, slots=True)
class Draft:
    """`replacements`: patch migration -> what replaces it in the result (its own key where its file was brought)."""

    mainline: Tree
    files: Mapping[MigrationKey, FileDraft] = field(default_factory=dict)
    deleted: frozenset[MigrationKey] = frozenset()
    replacements: Mapping[MigrationKey, MigrationKey] = field(default_factory=dict)
    manual_inserts: frozenset[ManualInsert] = frozenset()
    remarks: tuple[Remark, ...] = ()
    used: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # app -> names of the strategies that treated it
    pending_units: tuple[PendingUnit, ...] = ()

    def get_file(self, key: MigrationKey) -> FileDraft:
        """The file as drafted so far, or as mainline has it. Raises KeyError where neither is."""
        return self.files[key] if key in self.files else FileDraft.of(self.mainline.migrations[key])

    def has_file(self, key: MigrationKey) -> bool:
        """Whether the result has a file of that name."""
        return key in self.files or (key in self.mainline.migrations and key not in self.deleted)

    def keys_of(self, app: str) -> tuple[MigrationKey, ...]:
        """The names of the result's files in the app."""
        there = (key for key in self.mainline.migrations if key.app == app and key not in self.deleted)
        return tuple(dict.fromkeys((*there, *(key for key in self.files if key.app == app))))

    def is_taken(self, name: MigrationKey) -> bool:
        """Whether a file of mainline's or of the result has the name, or a ghost of the result."""
        if name in self.files or name in self.mainline.migrations:
            return True
        if any(name in file.replaces for file in self.files.values()):
            return True
        replacers = self.mainline.replacers.get(name, ())
        return any(key not in self.files and key not in self.deleted for key in replacers)

    def with_file(self, file: FileDraft) -> Draft:
        """With this file; under a name that another file had, the deletion of that one is overwritten."""
        return replace(self, files={**self.files, file.key: file}, deleted=self.deleted - {file.key})

    def without_file(self, key: MigrationKey) -> Draft:
        rest = {name: file for name, file in self.files.items() if name != key}
        return replace(self, files=rest, deleted=self.deleted | {key})

    def with_replacement(self, patch: MigrationKey, replacement: MigrationKey) -> Draft:
        return replace(self, replacements={**self.replacements, patch: replacement})

    def with_manual_insert(self, insert: MigrationKey, applied: tuple[MigrationKey, ...]) -> Draft:
        if not applied:
            return self
        return replace(
            self, manual_inserts=self.manual_inserts | {ManualInsert(insert, tuple(sorted(applied)))}
        )

    def with_resolution(self, unit: Unit, resolution: Resolution, replacement: MigrationKey | None) -> Draft:
        return replace(self, pending_units=(*self.pending_units, PendingUnit(unit, resolution, replacement)))

    def with_remark(self, *remarks: Remark) -> Draft:
        return replace(self, remarks=tuple(dict.fromkeys((*self.remarks, *remarks))))

    def with_strategy(self, app: str, strategy: str) -> Draft:
        return replace(
            self, used={**self.used, app: tuple(dict.fromkeys((*self.used.get(app, ()), strategy)))}
        )

    @property
    def result(self) -> Tree:
        """Mainline's tree with the edits made."""
        changed: dict[MigrationKey, Migration | None] = dict.fromkeys(self.deleted)
        for key, file in self.files.items():
            changed[key] = file.edit.result
        return self.mainline.with_migrations(changed)

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        """The edits in the order of their paths; files that stay as they are left out."""
        found: list[FileEdit] = []
        for key in sorted(self.deleted):
            if key in self.mainline.migrations:
                found.append(DeleteFile(key, self.mainline.migrations[key].path))
        for key, file in self.files.items():
            edit = file.edit
            if edit.changes or key not in self.mainline.migrations:
                found.append(edit)
        return tuple(sorted(found, key=lambda edit: (edit.path, isinstance(edit, WriteFile))))
