"""One edit of the ledger as one guarded SQL statement, and what puts it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.dialects import TABLE, Dialect
from stitchback.repair.edits import (
    DeleteDuplicate,
    DeleteRow,
    GiveId,
    InsertRow,
    LedgerEdit,
    RenameRow,
    removed_rows,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`reason` is for the comment above it; `sql` has no semicolon."""

    reason: str
    sql: str


def statement(edit: LedgerEdit, dialect: Dialect) -> Statement:
    """The edit in SQL. Run again, or where it does not apply, it changes nothing."""
    match edit:
        case InsertRow():
            return Statement(edit.reason, _insert(edit, dialect))
        case DeleteDuplicate(key=key):
            return Statement(edit.reason, _delete(duplicated(key, dialect), dialect))
        case DeleteRow(key=key):
            return Statement(edit.reason, _delete((is_key(key, dialect),), dialect))
        case RenameRow(old=old, new=new):
            return Statement(edit.reason, _rename(old, new, dialect))
        case GiveId():
            return Statement(edit.reason, dialect.give_id)
        case _:
            assert_never(edit)


def is_key(key: MigrationKey, dialect: Dialect, table: str = "") -> str:
    prefix = f"{table}." if table else ""
    return f"{dialect.same(f'{prefix}app', key.app)} AND {dialect.same(f'{prefix}name', key.name)}"


def has_row(key: MigrationKey, dialect: Dialect, rows: str = TABLE) -> str:
    return f"EXISTS (SELECT 1 FROM {rows} present WHERE {is_key(key, dialect, 'present')})"


def duplicated(key: MigrationKey, dialect: Dialect) -> tuple[str, ...]:
    """Holds for the rows of the key that have an older one."""
    older = f"older.applied < {TABLE}.applied OR (older.applied = {TABLE}.applied AND older.id < {TABLE}.id)"
    return (
        is_key(key, dialect),
        f"EXISTS (SELECT 1 FROM {dialect.rows} older WHERE {is_key(key, dialect, 'older')} AND ({older}))",
    )


def _insert(edit: InsertRow, dialect: Dialect) -> str:
    conditions = [f"NOT {has_row(edit.key, dialect)}"]
    conditions += [has_row(key, dialect) for key in edit.given]
    conditions += [dialect.present(presence) for presence in edit.seen]
    values = f"{dialect.literal(edit.key.app)}, {dialect.literal(edit.key.name)}, {dialect.now}"
    return f"INSERT INTO {TABLE} (app, name, applied)\nSELECT {values}{dialect.dual}\n{_where(conditions, dialect)}"


def _delete(conditions: Iterable[str], dialect: Dialect) -> str:
    return f"DELETE FROM {TABLE}\n{_where(conditions, dialect)}"


def _rename(old: MigrationKey, new: MigrationKey, dialect: Dialect) -> str:
    conditions = (is_key(old, dialect), f"NOT {has_row(new, dialect, dialect.rows)}")
    changes = f"app = {dialect.literal(new.app)}, name = {dialect.literal(new.name)}"
    return f"UPDATE {TABLE} SET {changes}\n{_where(conditions, dialect)}"


def _where(conditions: Iterable[str], dialect: Dialect) -> str:
    wanted = [*conditions, *([dialect.condition] if dialect.condition else [])]
    return "WHERE " + "\n  AND ".join(wanted)


# --- the way back ---------------------------------------------------------------------------------------------------


def undo(
    edit: LedgerEdit, before: Ledger, dialect: Dialect, *, shared: bool = False
) -> tuple[Statement, ...]:
    """What brings the ledger back to `before`, from where the edit left it.

    `shared`: it may get to databases that had the row all along. One that the repair put in is newer than the rows that it was
    put in for; where the release itself was deployed it is older.

    Rows that went come back with their own id and time. One whose id or time `before` does not tell cannot be put back
    by a statement: `unknown_rows` names it, and the script's first part prints what is needed.
    """
    match edit:
        case InsertRow(key=key):
            if key in before.keys:
                return ()
            newer = (_is_newer_than(given, dialect) for given in edit.given) if shared else ()
            return (Statement(f"back: {edit.reason}", _delete((is_key(key, dialect), *newer), dialect)),)
        case DeleteDuplicate() | DeleteRow():
            gone = removed_rows(before, (edit,))
            statements = (_restored(row, dialect) for row in gone)
            return tuple(Statement(f"back: {edit.reason}", sql) for sql in statements if sql)
        case RenameRow(old=old, new=new):
            if old not in before.keys or new in before.keys:
                return ()
            return (Statement(f"back: {edit.reason}", _rename(new, old, dialect)),)
        case GiveId():
            return ()  # no row changed, and a sequence that is ahead harms nobody
        case _:
            assert_never(edit)


def _is_newer_than(key: MigrationKey, dialect: Dialect) -> str:
    older = f"{is_key(key, dialect, 'present')} AND present.applied <= {TABLE}.applied"
    return f"EXISTS (SELECT 1 FROM {dialect.rows} present WHERE {older})"


def _restored(row: LedgerRow, dialect: Dialect) -> str | None:
    time = dialect.stored_time(row.applied) if row.applied else None
    if row.id is None or time is None:
        return None
    key = row.key
    values = f"{row.id}, {dialect.literal(key.app)}, {dialect.literal(key.name)}, {time}"
    there = f"EXISTS (SELECT 1 FROM {TABLE} present WHERE present.id = {row.id} AND {is_key(key, dialect, 'present')})"
    where = _where((f"NOT {there}",), dialect)
    return f"INSERT INTO {TABLE} (id, app, name, applied)\nSELECT {values}{dialect.dual}\n{where}"


def unknown_rows(ledger: Ledger, edits: Iterable[LedgerEdit], dialect: Dialect) -> tuple[LedgerRow, ...]:
    """The rows that go and that the ledger does not tell well enough for an undo script."""
    gone = removed_rows(ledger, edits)
    return tuple(row for row in gone if _restored(row, dialect) is None)


def printed_rows(edit: DeleteDuplicate | DeleteRow, dialect: Dialect) -> str:
    """A SELECT that prints, for every row that the edit takes out, the INSERT that puts it back."""
    literal = dialect.literal
    app, name = literal(edit.key.app), literal(edit.key.name)
    opening, ending = dialect.printed_time
    text = dialect.concatenated(
        literal(f"INSERT INTO {TABLE} (id, app, name, applied) VALUES ("),
        dialect.as_text("id"),
        literal(f", {app}, {name}, {opening}"),
        dialect.time_as_text,
        literal(f"{ending});"),
    )
    conditions = (
        duplicated(edit.key, dialect) if isinstance(edit, DeleteDuplicate) else (is_key(edit.key, dialect),)
    )
    return f"SELECT {text} AS to_put_it_back\nFROM {TABLE}\nWHERE " + "\n  AND ".join(conditions)
