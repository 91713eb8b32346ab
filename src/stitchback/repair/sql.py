"""Repair scripts: a check, one transaction of guarded statements with their reasons, a second check; and the undo script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.repair import quoting
from stitchback.repair.dialects import DIALECTS, TABLE, Dialect
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    GiveId,
    InsertRow,
    LedgerEdit,
    after_edit,
    edited,
    keys_of,
    rows_of,
)
from stitchback.repair.sql_statements import (
    Statement,
    is_key,
    known_by_a_row,
    printed_rows,
    statement,
    unknown_rows,
    way_back,
)

LONGEST = 255  # MigrationRecorder.Migration: both are CharField(max_length=255)


WAIT = 30  # seconds that a printed script waits for a lock


@dataclass(frozen=True, slots=True)
class Script:
    """A repair of one ledger (or of many equal ones) on one engine.

    `probe` only reads. `opening`, `statements` and `closing` are one transaction; `failing` ends it on failure. `undo` restores the ledger byte for
    byte. If `undo_is_whole` is False, the ledger lacks id and time of deleted rows, and the probe prints the missing statements; or no row remains
    that identifies the ledger. `text` is the whole script for the engine's client.
    """

    vendor: str
    schema: str
    edits: tuple[LedgerEdit, ...]
    probe: tuple[str, ...]
    opening: tuple[str, ...]
    statements: tuple[Statement, ...]
    closing: tuple[str, ...]
    failing: tuple[str, ...]
    text: str
    undo: str
    undo_is_whole: bool

    def opening_within(self, seconds: int) -> tuple[str, ...]:
        """The opening with another limit for the wait for a lock than the printed one."""
        return _opening(DIALECTS[self.vendor], self.schema, seconds)


def render_script(
    edits: Iterable[LedgerEdit], vendor: str, ledger: Ledger, *, schema: str = "", shared: bool = False
) -> Script:
    """The script that takes `ledger` to `edited(ledger, edits)` on `vendor` (sqlite, postgresql, mysql, oracle).

    `schema`: the PostgreSQL schema to work in (schema-per-tenant); otherwise the connection's search path. `shared`: the scripts are for many
    databases, some of which may need no repair; the undo script then leaves those unchanged. Raises Refusal (SB610) if the engine cannot store a
    name.
    """
    dialect, edits = DIALECTS[vendor], tuple(edits)
    for key in _keys_written(edits):
        _check_name(key, vendor)
    unknown = unknown_rows(ledger, edits, dialect)
    looks = tuple(_probe_lines(edits, ledger, dialect))
    probe = (*looks, *_to_keep(edits, frozenset(row.key for row in unknown), dialect))
    opening = _opening(dialect, schema)
    statements = _statements(edits, ledger, dialect)
    known = shared or known_by_a_row(edits, ledger)
    back = way_back(edits, ledger, dialect, shared=shared)
    return Script(
        vendor=vendor,
        schema=schema,
        edits=edits,
        probe=probe,
        opening=opening,
        statements=statements,
        closing=dialect.closing,
        failing=dialect.failing,
        text=_text(edits, ledger, dialect, (probe, looks), opening, statements, schema),
        undo=_undo_text(
            back, ledger, dialect, opening, unknown=[str(row.key) for row in unknown], known=known
        ),
        undo_is_whole=known and not unknown,
    )


def _statements(edits: Sequence[LedgerEdit], ledger: Ledger, dialect: Dialect) -> tuple[Statement, ...]:
    found = []
    for edit in edits:
        found.append(statement(edit, ledger, dialect))
        ledger = after_edit(ledger, edit)
    if any(isinstance(edit, InsertRow | GiveId) for edit in edits):
        reason = (
            "after some restores the sequence of id is behind the rows, and an INSERT would get a used id"
        )
        first = sum(isinstance(edit, GiveId) for edit in edits)  # it precedes all others
        found[first:first] = [Statement(reason, sql) for sql in dialect.prepare_insert]
    return tuple(found)


def _opening(dialect: Dialect, schema: str, seconds: int = WAIT) -> tuple[str, ...]:
    """The first statements. SET LOCAL follows BEGIN, so that the lock is on that schema's table."""
    if not schema:
        return dialect.opening(seconds)
    assert dialect.vendor == "postgresql", "only PostgreSQL has schemas"
    begin, *rest = dialect.opening(seconds)
    return (begin, search_path(schema), *rest)


def search_path(schema: str) -> str:
    """Limits the search path to the schema until the transaction ends."""
    if quoting.is_plain(schema):
        return f'SET LOCAL search_path TO "{schema}"'
    return f"SELECT set_config('search_path', quote_ident({quoting.postgresql(schema)}), true)"


# --- names ----------------------------------------------------------------------------------------------------------


def _keys_written(edits: Iterable[LedgerEdit]) -> Iterable[MigrationKey]:
    return dict.fromkeys(key for edit in edits for key in keys_of(edit))


def _check_name(key: MigrationKey, vendor: str) -> None:
    for part in (key.app, key.name):
        problem = _problem(part, vendor)
        if problem:
            raise Refusal(
                "SB610",
                f"{quoting.comment(str(key))} cannot be a row of {TABLE} on {vendor}: {problem}",
                hint="Rename the migration's file before it is applied anywhere.",
            )


def _problem(part: str, vendor: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in part):
        return "it is not valid text (a lone surrogate)"
    if vendor == "postgresql" and "\0" in part:
        return "PostgreSQL's text cannot hold the character NUL"
    if vendor != "sqlite" and len(part) > LONGEST:
        return f"it has {len(part)} characters, the column holds {LONGEST}"
    return ""


# --- looking --------------------------------------------------------------------------------------------------------


def _probe_lines(edits: Sequence[LedgerEdit], ledger: Ledger, dialect: Dialect) -> Iterable[str]:
    if any(isinstance(edit, GiveId) for edit in edits):
        yield dialect.look_at_id
    if any(map(keys_of, edits)):
        yield _counts(edits, ledger, dialect)


def _counts(edits: Sequence[LedgerEdit], ledger: Ledger, dialect: Dialect) -> str:
    """One SELECT: the number of rows of every changed name now, when the ledger was read, and after the repair."""
    after = edited(ledger, edits)
    selects = []
    for key in _keys_written(edits):
        label = dialect.literal(quoting.comment(str(key)))
        numbers = f"{len(rows_of(ledger, key))} AS rows_before, {len(rows_of(after, key))} AS rows_after"
        where = f"FROM {TABLE} WHERE {is_key(key, dialect)}"
        selects.append(f"SELECT {label} AS migration, COUNT(*) AS rows_found, {numbers}\n{where}")
    return "\nUNION ALL ".join(selects)


def _to_keep(
    edits: Sequence[LedgerEdit], unknown: frozenset[MigrationKey], dialect: Dialect
) -> tuple[str, ...]:
    return tuple(
        printed_rows(edit, dialect)
        for edit in edits
        if isinstance(edit, DeleteDuplicate | DeleteRow) and edit.key in unknown
    )


# --- text -----------------------------------------------------------------------------------------------------------


def _text(
    edits: Sequence[LedgerEdit],
    ledger: Ledger,
    dialect: Dialect,
    probes: tuple[Sequence[str], Sequence[str]],
    opening: Sequence[str],
    statements: Sequence[Statement],
    schema: str,
) -> str:
    before, after = probes
    changes = f"{len(edits)} change{'s'[: len(edits) != 1]}"
    lines = [
        _comment(f"stitchback: repair of {TABLE} on {dialect.vendor}, {changes}"),
        _comment(f"for: {ledger.source or 'a ledger'}{f', schema {schema}' if schema else ''}"),
        _comment(f"run it with: {dialect.how_to_run}"),
        _comment("Running it twice changes nothing. An undo script belongs to it."),
        *dialect.directives,
        "",
        _comment(
            "1. Check (this part only reads). If rows_found equals rows_before, continue. If it equals rows_after, the repair is done already."
        ),
    ]
    if schema:
        lines.append(_comment(f"(In schema {schema}: SET search_path before you run this part alone.)"))
        lines.append(f"{search_path(schema).replace('SET LOCAL', 'SET', 1).replace(', true)', ', false)')};")
    lines += _ended((*dialect.patience, *before))
    lines += ["", _comment("2. The repair, in one transaction."), *_ended(opening)]
    lines += _explained(statements)
    lines += [
        *_ended(dialect.closing),
        "",
        _comment("3. Check again: rows_found now equals rows_after."),
        *_ended(after),
    ]
    return "\n".join(lines) + "\n"


def _undo_text(
    back: Sequence[Statement],
    ledger: Ledger,
    dialect: Dialect,
    opening: Sequence[str],
    unknown: Sequence[str],
    known: bool,
) -> str:
    lines = [
        _comment(f"stitchback: undo of the repair of {TABLE} on {dialect.vendor}"),
        _comment(f"for: {ledger.source or 'a ledger'}"),
        _comment(f"run it with: {dialect.how_to_run}"),
        _comment("Use it only before anything else is migrated after the repair."),
        *dialect.directives,
    ]
    for name in unknown:
        lines.append(
            _comment(f"INCOMPLETE: the ledger did not contain id and time of the deleted row {name}.")
        )
        lines.append(
            _comment(
                "The first part of the repair script prints the INSERT that restores it: keep its output."
            )
        )
    if not back and not known:
        lines.append(
            _comment(
                "INCOMPLETE: no row of the ledger stays unchanged, so the script cannot recognise this database."
            )
        )
    lines += ["", *_ended((*dialect.patience, *opening)), *_explained(back), *_ended(dialect.closing)]
    return "\n".join(lines) + "\n"


def _explained(statements: Iterable[Statement]) -> list[str]:
    lines: list[str] = []
    for item in statements:
        lines += ["", _comment(item.reason), f"{item.sql};"]
    return [*lines, ""] if lines else lines


def _ended(statements: Iterable[str]) -> list[str]:
    return [f"{sql};" for sql in statements]


def _comment(text: str) -> str:
    return f"-- {quoting.comment(text)}"
