"""Groups matches for the report: one row for the equal changes of one migration of each side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    Renamed,
    SchemaObject,
    SchemaObjectKind,
    UnreadChange,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict

Keys = tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """The net change of a schema object by a branch: "adds" and the object. A data operation has its label as the verb, and no object."""

    verb: str
    schema_object: SchemaObject | None
    app: str

    def __str__(self) -> str:
        """ "adds column item.color"; with the app if it differs from the migration's."""
        return self.verb if self.schema_object is None else f"{self.verb} {self.named}"

    @property
    def is_column(self) -> bool:
        return self.schema_object is not None and self.schema_object.kind is SchemaObjectKind.COLUMN

    @property
    def named(self) -> str:
        """ "column item.color"."""
        assert self.schema_object is not None, "data operations have no object"
        model = (
            self.schema_object.model.model
            if self.schema_object.model.app == self.app
            else str(self.schema_object.model)
        )
        name = f"{model}.{self.schema_object.name}" if self.schema_object.name else model
        return f"{self.schema_object.kind.value} {name}"


@dataclass(frozen=True, slots=True)
class MatchRow:
    """`patch` and `mainline` are the migrations, `changes` what the patch does."""

    verdict: Verdict
    patch: Keys
    mainline: Keys
    changes: tuple[ObjectChange, ...]
    differences: tuple[str, ...] = ()
    gone: bool = False  # mainline has removed the schema object in the end

    @property
    def app(self) -> str:
        return self.patch[0].app

    @property
    def words(self) -> tuple[str, ...]:
        """The changes; a table includes the columns that are created or removed with it."""
        tables = {
            (c.verb, c.schema_object.model)
            for c in self.changes
            if c.schema_object and c.schema_object.kind is SchemaObjectKind.TABLE
        }
        columns = [
            c for c in self.changes if c.schema_object and c.schema_object.kind is SchemaObjectKind.COLUMN
        ]
        inside = [c for c in columns if c.schema_object and (c.verb, c.schema_object.model) in tables]
        return tuple(_counted(change, inside) for change in self.changes if change not in inside)


def _counted(change: ObjectChange, inside: list[ObjectChange]) -> str:
    if change.schema_object is None or change.schema_object.kind is not SchemaObjectKind.TABLE:
        return str(change)
    mine = [
        c
        for c in inside
        if c.verb == change.verb and c.schema_object and c.schema_object.model == change.schema_object.model
    ]
    return f"{change} with {len(mine)} column{'' if len(mine) == 1 else 's'}" if mine else str(change)


def rows(matches: Iterable[Match]) -> tuple[MatchRow, ...]:
    """The rows, in the matches' order. Schema objects with differences stay separate, so that each difference has its object."""
    found: dict[tuple[object, ...], tuple[MatchRow, dict[ObjectChange, None]]] = {}
    for match in matches:
        row = _row(match)
        key = (row.verdict, row.patch, row.mainline, row.changes if row.differences else ())
        _, changes = found.setdefault(key, (row, {}))
        changes.update(dict.fromkeys(row.changes))
    return tuple(replace(row, changes=tuple(changes)) for row, changes in found.values())


def _row(match: Match) -> MatchRow:
    gone = bool(match.mainline) and isinstance(match.mainline[-1], Removed)
    patch, mainline = migrations(match.patch), migrations(match.mainline)
    return MatchRow(match.verdict, patch, mainline, (change_of(match),), match.differences, gone)


def migrations(atoms: Iterable[Atom]) -> Keys:
    """The migrations of the atoms, each once, in order."""
    return tuple(dict.fromkeys(atom.origin.migration for atom in atoms))


def origins(atoms: Iterable[Atom]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(atom.origin) for atom in atoms))


def schema_object_of(match: Match) -> str:
    """ "column shop.item.color", "RunPython forwards": for programs."""
    atom = match.patch[0] if match.patch else match.mainline[0]
    if isinstance(atom, DataRun):
        return atom.label
    return "an operation that cannot be read" if isinstance(atom, UnreadChange) else str(atom.schema_object)


def change_of(match: Match) -> ObjectChange:
    """The net change of the patch branch."""
    first = match.patch[0]
    app = first.origin.migration.app
    if isinstance(first, DataRun):
        return ObjectChange(f"runs {first.label}", None, app)
    if isinstance(first, UnreadChange):
        return ObjectChange("has an operation that cannot be read", None, app)
    return ObjectChange(_verb(match.patch), first.schema_object, app)


def _verb(atoms: tuple[Atom, ...]) -> str:
    """The net change."""
    first, last = atoms[0], atoms[-1]
    if isinstance(first, Added):
        return "adds and removes" if isinstance(last, Removed) else "adds"
    if isinstance(last, Removed):
        return "removes"
    renamed = any(isinstance(atom, Renamed) for atom in atoms)
    return "renames" if renamed and not any(isinstance(atom, Altered) for atom in atoms) else "alters"
