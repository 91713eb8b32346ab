"""What a DELETE relies on, each part of its WHERE: on a database where that part does not hold, the script deletes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from migration_values import key

from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.ledger_edits import DeleteDuplicate, DeleteRow, LedgerEdit
from stitchback.repair.sql import render_script

Row = tuple[int, str]
BASE, ROW = key("shop.0001_base"), key("shop.0002_row")
EARLY, LATE, OTHER = "2024-01-01 00:00:00", "2024-02-01 00:00:00", "2024-03-01 00:00:00"


def left(edit: LedgerEdit, ledger: Ledger, rows: list[Row]) -> list[Row]:
    """The rows of ROW (id, time) after the script for the ledger ran on a database with these."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE django_migrations (id integer PRIMARY KEY, app, name, applied)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'shop', '0001_base', ?)", [EARLY])
        for number, time in rows:
            values = [number, ROW.app, ROW.name, time]
            database.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", values)
        database.commit()
        database.executescript(render_script([edit], "sqlite", ledger).text)
        found = database.execute(
            "SELECT id, applied FROM django_migrations WHERE name = '0002_row' ORDER BY id"
        )
        return list(found)


def ledger_of(*rows: Row) -> Ledger:
    listed = [LedgerRow(BASE, 1, EARLY), *(LedgerRow(ROW, number, time) for number, time in rows)]
    return Ledger("", tuple(listed))


@pytest.mark.parametrize("rows", [[(2, OTHER)], [(7, LATE)]], ids=["another time", "another id"])
def test_only_the_very_row_is_deleted(rows: list[Row]) -> None:
    edit, ledger = DeleteRow(ROW, "it never ran"), ledger_of((2, LATE))
    assert left(edit, ledger, [(2, LATE)]) == []
    assert left(edit, ledger, rows) == rows


@pytest.mark.parametrize(
    "rows",
    [[(3, LATE)], [(2, OTHER), (3, LATE)], [(2, EARLY), (3, OTHER)]],
    ids=["no older row", "another older row", "another second row"],
)
def test_only_the_very_duplicate_is_deleted_and_only_beside_the_oldest(rows: list[Row]) -> None:
    edit, ledger = DeleteDuplicate(ROW, "twice"), ledger_of((2, EARLY), (3, LATE))
    assert left(edit, ledger, [(2, EARLY), (3, LATE)]) == [(2, EARLY)]
    assert left(edit, ledger, rows) == rows


def test_without_ids_only_a_row_with_an_older_one_is_deleted() -> None:
    edit, ledger = DeleteDuplicate(ROW, "twice"), Ledger.of(BASE, ROW, ROW, source="a file")
    assert left(edit, ledger, [(2, EARLY), (3, LATE)]) == [(2, EARLY)]
    assert left(edit, ledger, [(2, LATE)]) == [(2, LATE)]
