"""The edits of `django_migrations` rows that a repair consists of. They are data, and are proved and shown before they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow


@dataclass(frozen=True, slots=True, order=True)
class Presence:
    """A schema object that a database has: a table, a column of it, a trait of a column ("null", "not null", "varchar(20)", "type number"), or an
    index or constraint by its name (without table and column: such names are unique in a schema)."""

    table: str
    column: str = ""
    index: str = ""
    trait: str = ""

    @property
    def kind(self) -> tuple[str, str, str]:
        """The table, the column and the kind of trait."""
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
    """The evidence for an edit: rows that must be in the ledger (`given`) and rows that must not (`lacking`), and names that must be in the schema
    (`seen`) and names that must not (`gone`). The SQL checks all of it, so a script that runs on the wrong database, or too late, changes nothing."""

    given: tuple[MigrationKey, ...] = ()
    lacking: tuple[MigrationKey, ...] = ()
    seen: tuple[Presence, ...] = ()
    gone: tuple[Presence, ...] = ()

    def holds_for(self, rows: frozenset[MigrationKey]) -> bool:
        """Whether the guard holds, judged by the rows alone."""
        return rows.issuperset(self.given) and rows.isdisjoint(self.lacking)


NO_GUARD = EditGuard()


@dataclass(frozen=True, slots=True)
class InsertRow:
    """Inserts the row of `key` if there is none."""

    key: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class DeleteDuplicate:
    """Deletes all rows of `key` except the oldest one (`applied`, then `id`; FACTS F5)."""

    key: MigrationKey
    reason: str


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """Deletes all rows of `key`."""

    key: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class RenameRow:
    """Renames the rows of `old` to `new`; id and time stay. Does nothing if `new` has a row."""

    old: MigrationKey
    new: MigrationKey
    reason: str
    guard: EditGuard = NO_GUARD


@dataclass(frozen=True, slots=True)
class GiveId:
    """Makes PostgreSQL assign free ids to new rows again: restores the default of `id` if it is missing, and sets its sequence above the highest id.
    No row changes."""

    reason: str


Guarded = InsertRow | DeleteRow | RenameRow
LedgerEdit = Guarded | DeleteDuplicate | GiveId


def bare(edits: Iterable[LedgerEdit]) -> tuple[LedgerEdit, ...]:
    """The edits without their guards."""
    return tuple(replace(edit, guard=NO_GUARD) if isinstance(edit, Guarded) else edit for edit in edits)


def in_common(several: Sequence[tuple[LedgerEdit, ...]]) -> tuple[LedgerEdit, ...]:
    """For lists of equal edits: the edits with the guards that all lists share."""
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
    """The names whose rows the edit changes."""
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
    """The ledger after the edits, applied in order. An inserted row has neither id nor time: the database assigns them."""
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
    """All rows of the key except the oldest one. If the ledger has no times and ids, the first one counts as oldest."""
    rows = rows_of(ledger, key)
    times = [moment(row.applied) if row.applied and not row.stored else None for row in rows]
    if None in times or any(row.id is None for row in rows):
        return rows[1:]
    aged = sorted(zip(times, rows, strict=True), key=lambda pair: (pair[0], pair[1].id))
    return tuple(row for _, row in aged)[1:]


def removed_rows(ledger: Ledger, edits: Iterable[LedgerEdit]) -> tuple[LedgerRow, ...]:
    """The rows that the edits delete, in the order of deletion."""
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
    """The ledger without each row of `gone`, removed once, starting from the end: of equal rows the first one stays."""
    if not gone:
        return ledger
    left, stay = Counter(gone), list[LedgerRow]()
    for row in reversed(ledger.rows):
        if left[row]:
            left[row] -= 1
        else:
            stay.append(row)
    return replace(ledger, rows=tuple(reversed(stay)))


def moment(applied: str) -> datetime | None:
    """The time in UTC; a time without a zone is in UTC. None if the text is no ISO 8601 time of the years 1 to 9999."""
    try:
        found = datetime.fromisoformat(applied)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # a zone may lead out of the years that Python has
        return None


def utc_text(applied: str) -> str | None:
    """The time as Django writes it into SQLite and MySQL: UTC, no zone, six digits."""
    found = moment(applied)
    return found.replace(tzinfo=None).isoformat(" ", "microseconds") if found else None
