"""One edit of the ledger as one guarded SQL statement, and the statements that undo it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import NULL, Ledger, LedgerRow
from stitchback.repair.dialects import TABLE, Dialect
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    EditGuard,
    GiveId,
    Guarded,
    InsertRow,
    LedgerEdit,
    Presence,
    RenameRow,
    after_edit,
    edited,
    removed_rows,
    rows_of,
    superfluous,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`reason` is for the comment before it; `sql` has no semicolon."""

    reason: str
    sql: str


def statement(edit: LedgerEdit, before: Ledger, dialect: Dialect) -> Statement:
    """The edit in SQL, for the ledger `before`. Run again, or on another ledger, it changes nothing. Deleted rows are identified by id and time if
    `before` has them: the undo script restores exactly these rows."""
    match edit:
        case InsertRow():
            return Statement(edit.reason, _insert(edit, dialect))
        case DeleteDuplicate(key=key):
            return Statement(edit.reason, _delete(_doubled(key, before, dialect), dialect))
        case DeleteRow(key=key, guard=guard):
            rows = _the_very(rows_of(before, key), dialect)
            conditions = (is_key(key, dialect), *rows, *guarded(guard, dialect, dialect.rows))
            return Statement(edit.reason, _delete(conditions, dialect))
        case RenameRow(old=old, new=new, guard=guard):
            return Statement(edit.reason, _rename(old, new, guarded(guard, dialect, dialect.rows), dialect))
        case GiveId():
            return Statement(edit.reason, dialect.give_id)
        case _:
            assert_never(edit)


def is_key(key: MigrationKey, dialect: Dialect, table: str = "") -> str:
    prefix = f"{table}." if table else ""
    return f"{dialect.same(f'{prefix}app', key.app)} AND {dialect.same(f'{prefix}name', key.name)}"


def has_row(key: MigrationKey, dialect: Dialect, rows: str = TABLE) -> str:
    return f"EXISTS (SELECT 1 FROM {rows} present WHERE {is_key(key, dialect, 'present')})"


def guarded(guard: EditGuard, dialect: Dialect, rows: str = TABLE) -> Iterator[str]:
    """The guard of an edit as SQL conditions. Names that the engine's catalog does not list are left out."""
    yield from (has_row(key, dialect, rows) for key in guard.given)
    if guard.lacking:
        listed = " OR ".join(is_key(key, dialect, "present") for key in guard.lacking)
        yield f"NOT EXISTS (SELECT 1 FROM {rows} present WHERE {listed})"
    for wanted in _together(guard.seen):
        if catalog := dialect.catalog(wanted):
            count = len(wanted)
            yield (
                f"(SELECT COUNT(*) FROM {catalog}) = {count}"
                if count > 1
                else f"EXISTS (SELECT 1 FROM {catalog})"
            )
    for wanted in _together(guard.gone):
        first = wanted[0]
        is_table = not (first.column or first.index or first.trait)
        if catalog := dialect.anywhere(first.table) if is_table else dialect.catalog(wanted):
            yield f"NOT EXISTS (SELECT 1 FROM {catalog})"


def _together(names: Iterable[Presence]) -> Iterator[tuple[Presence, ...]]:
    """Groups names for one query: the columns of one table together, each other name alone."""
    columns: dict[str, list[Presence]] = {}
    for name in sorted(set(names)):
        if name.column and not name.trait:
            columns.setdefault(name.table, []).append(name)
        else:
            yield (name,)
    yield from (tuple(found) for found in columns.values())


def _doubled(key: MigrationKey, before: Ledger, dialect: Dialect) -> tuple[str, ...]:
    rows, gone = rows_of(before, key), superfluous(before, key)
    named = _the_very(gone, dialect)
    if not named:
        return duplicated(key, dialect)
    stays = next(row for row in rows if row not in gone)
    (oldest,) = _the_very((stays,), dialect, "older") or ("",)
    there = f"EXISTS (SELECT 1 FROM {dialect.rows} older WHERE {is_key(key, dialect, 'older')} AND {oldest})"
    return (is_key(key, dialect), *named, there) if oldest else duplicated(key, dialect)


def _the_very(rows: Iterable[LedgerRow], dialect: Dialect, table: str = "") -> tuple[str, ...]:
    """The condition that a row is one of these, by id and time; empty if the ledger does not have them all."""
    prefix = f"{table}." if table else ""
    found = [(row.id, stored(row, dialect)) for row in rows]
    if not found or any(number is None or time is None for number, time in found):
        return ()
    each = [
        f"{prefix}id = {number} AND {prefix}applied {'IS' if time == NULL else '='} {time}"
        for number, time in found
    ]
    return (each[0] if len(each) == 1 else f"({' OR '.join(each)})",)


def stored(row: LedgerRow, dialect: Dialect) -> str | None:
    """The row's time as a literal with the same value; None if the ledger does not have it."""
    return row.stored or (dialect.stored_time(row.applied) if row.applied is not None else None)


def duplicated(key: MigrationKey, dialect: Dialect) -> tuple[str, ...]:
    """The condition for rows of the key that have an older one."""
    older = f"older.applied < {TABLE}.applied OR (older.applied = {TABLE}.applied AND older.id < {TABLE}.id)"
    return (
        is_key(key, dialect),
        f"EXISTS (SELECT 1 FROM {dialect.rows} older WHERE {is_key(key, dialect, 'older')} AND ({older}))",
    )


def _insert(edit: InsertRow, dialect: Dialect) -> str:
    conditions = [f"NOT {has_row(edit.key, dialect)}"]
    conditions += guarded(edit.guard, dialect)
    values = f"{dialect.literal(edit.key.app)}, {dialect.literal(edit.key.name)}, {dialect.now}"
    return f"INSERT INTO {TABLE} (app, name, applied)\nSELECT {values}{dialect.dual}\n{_where(conditions, dialect)}"


def _delete(conditions: Iterable[str], dialect: Dialect) -> str:
    return f"DELETE FROM {TABLE}\n{_where(conditions, dialect)}"


def _rename(old: MigrationKey, new: MigrationKey, guards: Iterable[str], dialect: Dialect) -> str:
    conditions = (is_key(old, dialect), f"NOT {has_row(new, dialect, dialect.rows)}", *guards)
    changes = f"app = {dialect.literal(new.app)}, name = {dialect.literal(new.name)}"
    return f"UPDATE {TABLE} SET {changes}\n{_where(conditions, dialect)}"


def _where(conditions: Iterable[str], dialect: Dialect) -> str:
    wanted = [*conditions, *([dialect.condition] if dialect.condition else [])]
    return "WHERE " + "\n  AND ".join(wanted)


# --- the way back ---------------------------------------------------------------------------------------------------


def way_back(
    edits: Sequence[LedgerEdit], ledger: Ledger, dialect: Dialect, *, shared: bool = False
) -> tuple[Statement, ...]:
    """The statements that undo the edits, the last edit first.

    Each statement does nothing on another ledger: it checks for rows of this one, with id and time, and for their number.

    `shared`: the script may run on databases that always had the row. A row that the repair inserted is newer than the rows that it was inserted for;
    where the release itself was deployed it is older.

    Deleted rows are restored with their id and time. A row without id or time in `ledger` cannot be restored by a statement: `unknown_rows` names it,
    and the first part of the script prints the statement. A ledger of which no row remains cannot be identified and gets no statements.
    """
    if not (shared or known_by_a_row(edits, ledger)):
        return ()
    steps = []
    for edit in edits:
        steps.append((edit, ledger))
        ledger = after_edit(ledger, edit)
    back: list[Statement] = []
    counts = Counter(row.key for row in ledger.rows)
    for edit, before in reversed(steps):
        after = after_edit(before, edit)
        if after != before:
            back.extend(_undone(edit, before, after, counts, dialect, shared))
    return tuple(back)


def known_by_a_row(edits: Iterable[LedgerEdit], ledger: Ledger) -> bool:
    """Whether a row remains that identifies the ledger, or the ledger has no ids at all."""
    ids = {row.id for row in ledger.rows}
    stay = {row.id for row in edited(ledger, edits).rows} & ids - {None}
    return bool(stay) or (bool(ledger.rows) and None in ids)


def _undone(
    edit: LedgerEdit,
    before: Ledger,
    after: Ledger,
    counts: Counter[MigrationKey],
    dialect: Dialect,
    shared: bool,
) -> Iterator[Statement]:
    """Undoes one edit. `counts`: the number of rows of each name, kept up to date."""
    reason = f"undo of: {edit.reason}"
    this = [] if shared else _this_ledger(edit, before, after, counts.total(), dialect)
    match edit:
        case InsertRow(key=key, guard=guard):
            newer = [_is_newer_than(given, dialect) for given in guard.given] if shared else this
            yield Statement(reason, _delete((is_key(key, dialect), *newer), dialect))
            del counts[key]
        case DeleteDuplicate() | DeleteRow():
            for row in removed_rows(before, (edit,)):
                this = _this_ledger(edit, before, after, counts.total(), dialect)
                if sql := _restored(row, dialect, this):
                    yield Statement(reason, sql)
                    counts[row.key] += 1
        case RenameRow(old=old, new=new):
            yield Statement(reason, _rename(new, old, this, dialect))
            counts[old] += counts.pop(new, 0)
        case GiveId():
            pass  # no row changed, and a sequence that is ahead does no harm
        case _:
            assert_never(edit)


LAST_ROWS = 3  # that identify a ledger, besides those that the edit relied on


def _this_ledger(edit: LedgerEdit, before: Ledger, after: Ledger, count: int, dialect: Dialect) -> list[str]:
    """The conditions that the ledger still has exactly the rows that the edit relied on and left, by name, id and time, and their number. Empty if
    the ledger has no ids and times."""
    read = {row.id for row in before.rows if row.id is not None}
    kept = [row for row in after.rows if row.id in read]
    given = (
        set(edit.guard.given)
        if isinstance(edit, Guarded)
        else {edit.key}
        if isinstance(edit, DeleteDuplicate)
        else set()
    )
    given |= {edit.new} if isinstance(edit, RenameRow) else set()
    known = [row for row in kept if row.key in given or row in kept[-LAST_ROWS:]]
    very = [_the_very((row,), dialect, "known") for row in known]
    if not (very and all(very)):
        return []
    each = " OR ".join(
        f"{is_key(row.key, dialect, 'known')} AND {same}" for row, (same,) in zip(known, very, strict=True)
    )
    return [
        f"(SELECT COUNT(*) FROM {dialect.rows} counted) = {count}",
        f"(SELECT COUNT(*) FROM {dialect.rows} known WHERE {each}) = {len(known)}",
    ]


def _is_newer_than(key: MigrationKey, dialect: Dialect) -> str:
    older = f"{is_key(key, dialect, 'present')} AND present.applied <= {TABLE}.applied"
    return f"EXISTS (SELECT 1 FROM {dialect.rows} present WHERE {older})"


def _restored(row: LedgerRow, dialect: Dialect, guards: Iterable[str] = ()) -> str | None:
    time = stored(row, dialect)
    if row.id is None or time is None:
        return None
    key = row.key
    values = f"{row.id}, {dialect.literal(key.app)}, {dialect.literal(key.name)}, {time}"
    there = f"EXISTS (SELECT 1 FROM {TABLE} present WHERE present.id = {row.id})"
    where = _where((f"NOT {there}", *guards), dialect)
    return f"INSERT INTO {TABLE} (id, app, name, applied)\nSELECT {values}{dialect.dual}\n{where}"


def unknown_rows(ledger: Ledger, edits: Iterable[LedgerEdit], dialect: Dialect) -> tuple[LedgerRow, ...]:
    """The deleted rows that lack the data an undo script needs."""
    gone = removed_rows(ledger, edits)
    return tuple(row for row in gone if _restored(row, dialect) is None)


def printed_rows(edit: DeleteDuplicate | DeleteRow, dialect: Dialect) -> str:
    """A SELECT that prints, for every row that the edit deletes, the INSERT that restores it."""
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
