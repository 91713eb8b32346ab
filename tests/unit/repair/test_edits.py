"""What each edit leaves of a ledger, and what it must leave alone."""

from __future__ import annotations

import time

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    EditGuard,
    InsertRow,
    LedgerEdit,
    RenameRow,
    edited,
    removed_rows,
    superfluous,
)

A, B, C = (MigrationKey("shop", name) for name in "abc")


def ledger(*rows: tuple[MigrationKey, int, str]) -> Ledger:
    return Ledger("x", tuple(LedgerRow(key, number, applied) for key, number, applied in rows))


def test_a_row_is_put_in_once() -> None:
    once = edited(Ledger.of(A), [InsertRow(B, "")])
    assert once.rows == (LedgerRow(A), LedgerRow(B))
    assert edited(once, [InsertRow(B, "")]) is once


def test_no_row_is_put_in_where_what_it_rests_on_is_not_there() -> None:
    assert edited(Ledger.of(A), [InsertRow(B, "", EditGuard(given=(C,)))]) == Ledger.of(A)
    assert edited(Ledger.of(A), [InsertRow(B, "", EditGuard(given=(A,)))]).keys == {A, B}


def test_of_doubled_rows_the_oldest_stays_not_the_first() -> None:
    doubled = ledger((A, 1, "2024-01-03"), (B, 2, "2024-01-01"), (A, 3, "2024-01-02"), (A, 4, "2024-01-02"))
    assert [row.id for row in superfluous(doubled, A)] == [4, 1]
    assert [row.id for row in edited(doubled, [DeleteDuplicate(A, "")]).rows] == [2, 3]


def test_a_hundred_thousand_duplicates_take_seconds() -> None:
    many = Ledger("x", (LedgerRow(B), *(LedgerRow(A) for _ in range(100_000)), LedgerRow(C)))
    began = time.monotonic()
    assert edited(many, [DeleteDuplicate(A, "")]).rows == (LedgerRow(B), LedgerRow(A), LedgerRow(C))
    assert time.monotonic() - began < 20


def test_time_zones_are_looked_at_for_the_oldest() -> None:
    doubled = ledger((A, 1, "2024-01-01 12:00:00+00"), (A, 2, "2024-01-01 12:30:00+02"))
    assert [row.id for row in superfluous(doubled, A)] == [1]


def test_a_single_row_is_no_duplicate() -> None:
    single = ledger((A, 1, "2024-01-01"))
    assert edited(single, [DeleteDuplicate(A, ""), DeleteDuplicate(B, "")]) == single


def test_all_rows_of_a_key_go() -> None:
    doubled = ledger((A, 1, "2024-01-01"), (B, 2, "2024-01-01"), (A, 3, "2024-01-02"))
    assert edited(doubled, [DeleteRow(A, "")]) == ledger((B, 2, "2024-01-01"))
    assert [row.id for row in removed_rows(doubled, [DeleteRow(A, ""), DeleteRow(A, "")])] == [1, 3]


def test_a_row_keeps_id_and_time_under_its_new_name() -> None:
    before = ledger((A, 1, "2024-01-01"), (B, 2, "2024-01-01"))
    assert edited(before, [RenameRow(A, C, "")]) == ledger((C, 1, "2024-01-01"), (B, 2, "2024-01-01"))


def test_no_row_is_renamed_to_a_name_that_is_taken() -> None:
    assert edited(Ledger.of(A, B), [RenameRow(A, B, "")]) == Ledger.of(A, B)


def test_edits_see_what_those_before_them_left() -> None:
    edits: list[LedgerEdit] = [RenameRow(A, B, ""), DeleteRow(B, ""), InsertRow(B, "")]
    assert edited(Ledger.of(A), edits) == Ledger.of(B)
