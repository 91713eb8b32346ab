"""What an INSERT, an UPDATE and a DELETE rely on, as the database checks it: where one condition does not hold, no row changes; and what the undo
script relies on."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest
from migration_values import key

from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.dialects import DIALECTS
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    EditGuard,
    InsertRow,
    LedgerEdit,
    Presence,
    RenameRow,
)
from stitchback.repair.sql import render_script

BASE, ROW, NEW, LATER = map(key, ("shop.0001_base", "shop.0002_row", "shop.0003_new", "shop.0004_later"))
TIMES = ("2024-01-01 00:00:00", "2024-02-01 00:00:00", "2024-03-01 00:00:00", "2024-04-01 00:00:00")
SCHEMA = """
CREATE TABLE django_migrations (id integer PRIMARY KEY, app varchar(255), name varchar(255), applied datetime);
CREATE TABLE shop_item (color varchar(20), size integer NOT NULL);
CREATE INDEX by_size ON shop_item (size);
"""
COLOR, SIZE = Presence("shop_item", "color"), Presence("shop_item", "size")

Rows = list[tuple[int, str, str]]

CONDITIONS = {
    "a row": (
        EditGuard(given=(BASE,)),
        "UPDATE django_migrations SET name = 'other' WHERE name = '0001_base'",
    ),
    "no such row": (
        EditGuard(lacking=(key("other.0001_x"), LATER)),
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0004_later', 'now')",
    ),
    "a table": (EditGuard(seen=(Presence("shop_item"),)), "ALTER TABLE shop_item RENAME TO shop_thing"),
    "one column": (EditGuard(seen=(SIZE,)), "ALTER TABLE shop_item RENAME COLUMN size TO weight"),
    "each of two columns": (
        EditGuard(seen=(COLOR, SIZE)),
        "ALTER TABLE shop_item RENAME COLUMN size TO weight",
    ),
    "NULL": (
        EditGuard(seen=(Presence("shop_item", "color", trait="null"),)),
        "DROP TABLE shop_item; CREATE TABLE shop_item (color varchar(20) NOT NULL, size integer)",
    ),
    "a length": (
        EditGuard(seen=(Presence("shop_item", "color", trait="varchar(20)"),)),
        "DROP TABLE shop_item; CREATE TABLE shop_item (color varchar(30), size integer)",
    ),
    "an index": (EditGuard(seen=(Presence("", index="by_size"),)), "DROP INDEX by_size"),
    "no table": (EditGuard(gone=(Presence("shop_order"),)), "CREATE TABLE shop_order (id integer)"),
    "no view": (EditGuard(gone=(Presence("shop_order"),)), "CREATE VIEW shop_order AS SELECT 1 AS id"),
    "no column": (
        EditGuard(gone=(Presence("shop_item", "weight"),)),
        "ALTER TABLE shop_item ADD COLUMN weight integer",
    ),
    "no index": (
        EditGuard(gone=(Presence("", index="by_color"),)),
        "CREATE INDEX by_color ON shop_item (color)",
    ),
}
LEDGER = Ledger("", (LedgerRow(BASE, 1, TIMES[0]), LedgerRow(ROW, 2, TIMES[1])))


def edit_of(kind: str, guard: EditGuard) -> LedgerEdit:
    match kind:
        case "INSERT":
            return InsertRow(NEW, "why", guard)
        case "UPDATE":
            return RenameRow(ROW, NEW, "why", guard)
        case _:
            return DeleteRow(ROW, "why", guard)


def made(ledger: Ledger = LEDGER) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(SCHEMA)
    for row in ledger.rows:
        values = (row.id, row.key.app, row.key.name, row.applied)
        database.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", values)
    return database


def rows(database: sqlite3.Connection) -> Rows:
    return database.execute("SELECT id, name, applied FROM django_migrations ORDER BY id").fetchall()


@pytest.mark.parametrize("kind", ["INSERT", "UPDATE", "DELETE"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_row_changes_only_where_the_condition_holds(kind: str, condition: str) -> None:
    guard, otherwise = CONDITIONS[condition]
    script = render_script([edit_of(kind, guard)], "sqlite", LEDGER).text
    with closing(made()) as database:
        before = rows(database)
        database.executescript(script)
        assert rows(database) != before
    with closing(made()) as database:
        database.executescript(otherwise)
        before = rows(database)
        database.executescript(script)
        assert rows(database) == before


@pytest.mark.parametrize("kind", ["INSERT", "UPDATE"])
def test_a_name_that_has_a_row_gets_no_second_one(kind: str) -> None:
    script = render_script([edit_of(kind, EditGuard())], "sqlite", LEDGER).text
    with closing(made()) as database:
        database.execute("INSERT INTO django_migrations (app, name) VALUES ('shop', '0003_new')")
        before = rows(database)
        database.executescript(script)
        assert rows(database) == before


def test_only_the_row_of_the_old_name_is_renamed() -> None:
    script = render_script([edit_of("UPDATE", EditGuard())], "sqlite", LEDGER).text
    with closing(made()) as database:
        database.executescript(script)
        assert [name for _, name, _ in rows(database)] == ["0001_base", "0003_new"]


STATEMENT = re.compile(r"^(?:INSERT|UPDATE|DELETE) .*?;$", re.MULTILINE | re.DOTALL)
DOUBLE = Ledger("", (*LEDGER.rows, LedgerRow(ROW, 3, TIMES[2])))


@pytest.mark.parametrize(
    "edit",
    [*(edit_of(kind, EditGuard()) for kind in ("INSERT", "UPDATE", "DELETE")), DeleteDuplicate(ROW, "why")],
)
def test_mysql_changes_nothing_without_the_lock(edit: LedgerEdit) -> None:
    """GET_LOCK ends without an error where another repair has the lock."""
    script = render_script([edit], "mysql", DOUBLE)
    for text in (script.text, script.undo):
        statements = STATEMENT.findall(text)
        assert statements
        assert all(str(DIALECTS["mysql"].condition) in each for each in statements)


# --- the undo script ------------------------------------------------------------------------------------------------

WHOLE = Ledger(
    "",
    tuple(
        LedgerRow(name, number, TIMES[number % 4])
        for number, name in enumerate(
            (BASE, ROW, *(key(f"blog.000{number}_x") for number in range(1, 5)), LATER), start=1
        )
    ),
)
"""With more rows than those at its end that identify a ledger."""


def undone(edit: LedgerEdit, otherwise: Sequence[str], *, shared: bool = False) -> tuple[Rows, Rows]:
    """The rows before the undo script ran and after it, on a database that was repaired and changed since."""
    script = render_script([edit], "sqlite", WHOLE, shared=shared)
    with closing(made(WHOLE)) as database:
        database.executescript(script.text)
        for sql in otherwise:
            database.execute(sql)
        before = rows(database)
        database.executescript(script.undo)
        return before, rows(database)


OTHERWISE = {
    "one row more": "INSERT INTO django_migrations VALUES (99, 'blog', '0099_x', 'now')",
    "one row less": "DELETE FROM django_migrations WHERE name = '0001_x'",
    "another id of the row that it relied on": "UPDATE django_migrations SET id = 77 WHERE name = '0001_base'",
    "another time of a row at the end": "UPDATE django_migrations SET applied = 'now' WHERE name = '0004_later'",
}


@pytest.mark.parametrize("kind", ["INSERT", "UPDATE", "DELETE"])
@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_an_undo_script_knows_its_ledger(kind: str, otherwise: str) -> None:
    edit = edit_of(kind, EditGuard(given=(BASE,)))
    before, after = undone(edit, ())
    assert after != before
    before, after = undone(edit, [OTHERWISE[otherwise]])
    assert after == before


def test_the_undo_script_of_a_plan_removes_only_rows_that_are_newer_than_their_reason() -> None:
    """Where the release was deployed, the row was there before the migration that the plan relies on."""
    edit = edit_of("INSERT", EditGuard(given=(BASE,)))
    before, after = undone(edit, (), shared=True)
    assert len(after) == len(before) - 1
    older = "UPDATE django_migrations SET applied = '2020-01-01 00:00:00' WHERE name = '0003_new'"
    before, after = undone(edit, [older], shared=True)
    assert after == before
