"""What a repair does to the rows of `django_migrations`: data, to be proved, shown, and only then run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.times import moment


@dataclass(frozen=True, slots=True, order=True)
class Presence:
    """What a look into the database shows: a table, a column of it, a trait of a column ("null", "not null", "varchar(20)", "type number"), or an
    index or constraint by its name (without table and column: such names are unique in a schema)."""

    table: str
    column: str = ""
    index: str = ""
    trait: str = ""

    @property
    def kind(self) -> tuple[str, str, str]:
        """Which question of a column the trait answers."""
        first, _, _ = self.trait.replace("(", " ").partition(" ")
        return self.table, self.column, first if first in ("varchar", "type") else "null"

    def __str__(self) -> str:
        if self.index:
            return f"index or constraint {self.index}"
        if self.trait:
            return f"{self.trait} of column {self.table}.{self.column}"
        return f"column {self.table}.{self.column}" if self.column else f"table {self.table}"


@dataclass(frozen=True, slots=True)
class EditGuard:
    """What an edit was concluded from: rows that must be in the ledger (`given`) and rows that must not (`lacking`), what must be in the schema
    (`seen`) and what must not (`gone`). The SQL looks for all of it, so that a script that gets to the wrong database, or comes too late, does
    nothing there."""

    given: tuple[MigrationKey, ...] = ()
    lacking: tuple[MigrationKey, ...] = ()
    seen: tuple[Presence, ...] = ()
    gone: tuple[Presence, ...] = ()

    def holds_for(self, rows: frozenset[MigrationKey]) -> bool:
        """As far as rows tell."""
        return rows.issuperset(self.given) and rows.isdisjoint(self.lacking)


NO_GUARD = EditGuard()


@dataclass(frozen=True, slots=True)
class InsertRow:
    """The row of `key` is put in where there is none."""

    key: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class DeleteDuplicate:
    """Of several rows of `key` the oldest (`applied`, then `id`) stays (FACTS F5)."""

    key: MigrationKey
    reason: str


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """All rows of `key` go."""

    key: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class RenameRow:
    """The rows of `old` are called `new` from now on, with their id and time. Nothing happens where `new` has a row."""

    old: MigrationKey
    new: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class GiveId:
    """PostgreSQL gives new rows an id again that no row has: the default of `id` is put back where it is gone, and its sequence put behind
    the highest id. No row changes."""

    reason: str


Guarded = InsertRow | DeleteRow | RenameRow
LedgerEdit = Guarded | DeleteDuplicate | GiveId


def bare(edits: Iterable[LedgerEdit]) -> tuple[LedgerEdit, ...]:
    """What they do, whatever they look for first."""
    return tuple(replace(edit, guard=NO_GUARD) if isinstance(edit, Guarded) else edit for edit in edits)


def in_common(several: Sequence[tuple[LedgerEdit, ...]]) -> tuple[LedgerEdit, ...]:
    """Of edits that do the same, those with the guards that all of them have."""
    return tuple(_in_common(same) for same in zip(*several, strict=True))


def _in_common(edits: tuple[LedgerEdit, ...]) -> LedgerEdit:
    first = edits[0]
    if not isinstance(first, Guarded):
        return first
    guards = [edit.guard for edit in edits if isinstance(edit, Guarded)]
    common = EditGuard(
        *(
            tuple(
                item
                for item in getattr(first.guard, part)
                if all(item in getattr(each, part) for each in guards)
            )
            for part in ("given", "lacking", "seen", "gone")
        )
    )
    return replace(first, guard=common)


def keys_of(edit: LedgerEdit) -> tuple[MigrationKey, ...]:
    """The names whose rows the edit touches."""
    match edit:
        case RenameRow(old=old, new=new):
            return (old, new)
        case InsertRow(key=key) | DeleteRow(key=key) | DeleteDuplicate(key=key):
            return (key,)
        case GiveId():
            return ()
        case _:
            assert_never(edit)


def edited(ledger: Ledger, edits: Iterable[LedgerEdit]) -> Ledger:
    """The ledger as the edits leave it, one after the other. A row put in has neither id nor time: the database gives them."""
    for edit in edits:
        ledger = after_edit(ledger, edit)
    return ledger


def after_edit(ledger: Ledger, edit: LedgerEdit) -> Ledger:
    if isinstance(edit, Guarded) and not edit.guard.holds_for(ledger.keys):
        return ledger
    match edit:
        case InsertRow(key=key):
            if key in ledger.keys:
                return ledger
            return replace(ledger, rows=(*ledger.rows, LedgerRow(key)))
        case DeleteDuplicate(key=key):
            return _without(ledger, superfluous(ledger, key))
        case DeleteRow(key=key):
            return _without(ledger, rows_of(ledger, key))
        case RenameRow(old=old, new=new):
            if new in ledger.keys:
                return ledger
            rows = (replace(row, key=new) if row.key == old else row for row in ledger.rows)
            return replace(ledger, rows=tuple(rows))
        case GiveId():
            return ledger
        case _:
            assert_never(edit)


def rows_of(ledger: Ledger, key: MigrationKey) -> tuple[LedgerRow, ...]:
    return tuple(row for row in ledger.rows if row.key == key)


def superfluous(ledger: Ledger, key: MigrationKey) -> tuple[LedgerRow, ...]:
    """The rows of the key but the oldest one. Where the ledger does not tell times and ids, the first one counts as oldest."""
    rows = rows_of(ledger, key)
    times = [moment(row.applied) if row.applied and not row.stored else None for row in rows]
    if None in times or any(row.id is None for row in rows):
        return rows[1:]
    aged = sorted(zip(times, rows, strict=True), key=lambda pair: (pair[0], pair[1].id))
    return tuple(row for _, row in aged)[1:]


def removed_rows(ledger: Ledger, edits: Iterable[LedgerEdit]) -> tuple[LedgerRow, ...]:
    """The rows that the edits take out of the ledger, in the order in which they go."""
    gone: list[LedgerRow] = []
    for edit in edits:
        match edit:
            case DeleteDuplicate(key=key):
                gone.extend(superfluous(ledger, key))
            case DeleteRow(key=key, guard=guard) if guard.holds_for(ledger.keys):
                gone.extend(rows_of(ledger, key))
            case DeleteRow():
                pass
            case InsertRow() | RenameRow() | GiveId():
                pass
            case _:
                assert_never(edit)
        ledger = after_edit(ledger, edit)
    return tuple(gone)


def _without(ledger: Ledger, gone: tuple[LedgerRow, ...]) -> Ledger:
    """Each row of `gone` is taken out once, from the end: where rows are equal, the first one stays."""
    rows = list(ledger.rows)
    for row in gone:
        last = len(rows) - 1 - rows[::-1].index(row)
        del rows[last]
    return replace(ledger, rows=tuple(rows)) if gone else ledger
