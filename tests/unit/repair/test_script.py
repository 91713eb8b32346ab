"""Scripts: what they say, and on SQLite what they do. The other engines' own clients: tests/databases."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey
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
    edited,
)
from stitchback.repair.sql import render_script

A, B, C, D = (MigrationKey("shop", name) for name in ("0001_a", "0002_b", "0003_c", "0004_d"))
TABLE = (
    'CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL,'
    ' "name" varchar(255) NOT NULL, "applied" datetime NOT NULL)'
)
TIMES = ("2024-01-01 00:00:00.000001", "2024-01-02 00:00:00", "2024-01-03 10:00:00.500000")

Rows = list[tuple[int, str, str, str]]


def database(ledger: Ledger) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(TABLE)
    connection.execute("CREATE TABLE shop_item (id integer, color text)")
    for row in ledger.rows:
        values = (row.id, row.key.app, row.key.name, row.applied)
        connection.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", values)
    return connection


def rows(connection: sqlite3.Connection) -> Rows:
    return connection.execute("SELECT id, app, name, applied FROM django_migrations ORDER BY id").fetchall()


def numbered(*keys: MigrationKey) -> Ledger:
    return Ledger("x", tuple(LedgerRow(key, at, TIMES[at % 3]) for at, key in enumerate(keys, 1)))


def keys_of(connection: sqlite3.Connection) -> list[MigrationKey]:
    return sorted(MigrationKey(app, name) for _, app, name, _ in rows(connection))


def test_the_script_does_what_the_edits_say_once_and_the_undo_takes_it_back() -> None:
    ledger = numbered(A, B, A, C)
    edits: list[LedgerEdit] = [
        InsertRow(D, "why"),
        DeleteDuplicate(A, "why"),
        RenameRow(B, MigrationKey("x", "y"), "why"),
        DeleteRow(C, "why"),
    ]
    connection = database(ledger)
    before = rows(connection)
    script = render_script(edits, "sqlite", ledger)
    connection.executescript(script.text)
    after = rows(connection)
    assert keys_of(connection) == sorted(row.key for row in edited(ledger, edits).rows)
    connection.executescript(script.text)
    assert rows(connection) == after
    connection.executescript(script.undo)
    assert rows(connection) == before
    connection.executescript(script.undo)
    assert rows(connection) == before


def test_a_row_put_in_looks_as_django_writes_it() -> None:
    connection = database(numbered(A))
    connection.executescript(render_script([InsertRow(B, "why")], "sqlite", numbered(A)).text)
    number, _, _, applied = rows(connection)[-1]
    assert number == 2
    (found,) = connection.execute(
        "SELECT ? GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] *:*:*.[0-9]*'", (applied,)
    ).fetchone()
    assert (found, len(applied)) == (1, 26)


def test_nothing_happens_on_a_database_that_it_is_not_for() -> None:
    ledger = numbered(A)
    connection = database(ledger)
    before = rows(connection)
    for edit in (
        InsertRow(B, "its ground is missing", EditGuard(given=(C,))),
        InsertRow(B, "its column is missing", EditGuard(seen=(Presence("shop_item", "size"),))),
        InsertRow(B, "its table is missing", EditGuard(seen=(Presence("shop_order"),))),
    ):
        connection.executescript(render_script([edit], "sqlite", ledger).text)
        assert rows(connection) == before
    seen = (Presence("shop_item"), Presence("SHOP_ITEM", "Color"))
    connection.executescript(
        render_script([InsertRow(B, "", EditGuard(given=(A,), seen=seen))], "sqlite", ledger).text
    )
    assert keys_of(connection) == [A, B]


def test_the_probe_only_reads_and_counts() -> None:
    ledger = numbered(A, A, B)
    connection = database(ledger)
    script = render_script([InsertRow(C, ""), DeleteDuplicate(A, ""), RenameRow(B, D, "")], "sqlite", ledger)
    connection.execute("PRAGMA query_only = ON")
    (probe,) = script.probe
    assert sorted(connection.execute(probe).fetchall()) == [
        ("shop.0001_a", 2, 2, 1),
        ("shop.0002_b", 1, 1, 0),
        ("shop.0003_c", 0, 0, 1),
        ("shop.0004_d", 0, 0, 1),
    ]


def test_rows_that_the_ledger_does_not_tell_are_printed_before_they_go() -> None:
    told = numbered(A, B, A)
    connection = database(told)
    before = rows(connection)
    untold = Ledger.of(A, B, A, source="file.csv")
    script = render_script([DeleteDuplicate(A, "twice"), DeleteRow(B, "gone")], "sqlite", untold)
    assert not script.undo_is_whole
    assert "INCOMPLETE" in script.undo
    _, *keep = script.probe
    printed = [row[0] for probe in keep for row in connection.execute(probe)]
    connection.executescript(script.text)
    assert len(rows(connection)) == 1
    connection.executescript(script.undo + "\n".join(printed))
    assert rows(connection) == before


@pytest.mark.parametrize("vendor", DIALECTS)
def test_scripts_are_ascii_and_say_why(vendor: str) -> None:
    evil = MigrationKey("shop", "a'; DROP TABLE x; --\n*/ \\ % é")
    edits: list[LedgerEdit] = [
        InsertRow(evil, f"{evil} stands\nfor */ it;"),
        DeleteRow(evil, ""),
        RenameRow(A, evil, "-"),
    ]
    script = render_script(edits, vendor, Ledger("prod\nDROP", (LedgerRow(A, 1, TIMES[0]),)))
    for text in (script.text, script.undo):
        assert text.isascii()
        assert text.endswith("\n")
        assert not [line for line in text.splitlines() if line.startswith("DROP")]
    assert "stands" in script.text
    assert "INSERT INTO django_migrations (app, name, applied)" in script.text


@pytest.mark.parametrize(
    ("vendor", "name", "reason"),
    [
        ("postgresql", "a\0b", "NUL"),
        ("mysql", "x" * 256, "256 characters"),
        ("sqlite", "\udcff", "surrogate"),
    ],
)
def test_a_name_that_the_engine_cannot_hold_is_refused(vendor: str, name: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as caught:
        render_script([InsertRow(MigrationKey("shop", name), "")], vendor, Ledger.of())
    assert caught.value.code == "SB610"


def test_a_schema_is_worked_in_alone() -> None:
    script = render_script([InsertRow(A, "")], "postgresql", Ledger.of(), schema="tenant 1")
    assert script.opening[:2] == ("BEGIN", 'SET LOCAL search_path TO "tenant 1"')
    odd = render_script([InsertRow(A, "")], "postgresql", Ledger.of(), schema='a"b')
    assert '"' not in odd.opening[1].replace("search_path", "")


# --- any ledger, any edits ------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["a", "A", "a ", "b"]
)
KEYS = st.builds(MigrationKey, st.sampled_from(["shop", "it's", "é"]), NAMES)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Ledger, list[LedgerEdit]]:
    keys = draw(st.lists(KEYS, min_size=1, max_size=5, unique=True))
    some = st.sampled_from(keys)
    order = draw(st.permutations(range(1, 7)))
    chosen = draw(st.lists(st.tuples(some, st.sampled_from(TIMES)), max_size=6))
    ledger = Ledger("x", tuple(LedgerRow(key, order[at], when) for at, (key, when) in enumerate(chosen)))
    edit: st.SearchStrategy[LedgerEdit] = st.one_of(
        st.builds(InsertRow, some, st.just("why")),
        st.builds(DeleteDuplicate, some, st.just("why")),
        st.builds(DeleteRow, some, st.just("why")),
        st.builds(RenameRow, some, some, st.just("why")),
    )
    return ledger, draw(st.lists(edit, max_size=4))


@settings(max_examples=300, deadline=None)
@given(case=_cases())
def test_sql_and_values_agree_and_undo_is_byte_for_byte(case: tuple[Ledger, list[LedgerEdit]]) -> None:
    ledger, edits = case
    connection = database(ledger)
    before = rows(connection)
    script = render_script(edits, "sqlite", ledger) if edits else None
    if script is None:
        return
    for part in (*script.opening, *(item.sql for item in script.statements), *script.closing):
        connection.execute(part)
    assert keys_of(connection) == sorted(row.key for row in edited(ledger, edits).rows)
    connection.executescript(script.undo)
    assert rows(connection) == before or "no row of the ledger stays" in script.undo
