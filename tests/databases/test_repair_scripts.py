"""Printed scripts through the engines' own clients: twice, at the same time, killed half-way, and taken back."""

from __future__ import annotations

import signal
import time
from dataclasses import replace

import pytest
from databases.conftest import Place
from databases.servers import Server, execute, ledger, make_ledger

from stitchback.adapters.databases import open_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
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

HELL = (
    "it's",
    "''",
    '"double"',
    "back\\slash",
    "\\",
    "\\'; DROP TABLE django_migrations; --",
    "'; DROP TABLE django_migrations; --",
    "100%",
    "%s %(x)s %%",
    "a;b",
    "two\nlines",
    "\r\n.quit\n\\q\ngo\n/\n",
    "tab\tand\x01control\x1b",
    "*/ end /* begin",
    "-- comment # and",
    ":bind ${x} &amp; {fn} ?",
    "größe_été_日本_🐍",
    "e\u0301",
    "case",
    "CASE",
    "trailing ",
    " leading",
    "`tick`",
    "x" * 255,
    "é" * 255,
    "🐍" * 255,
    "'" * 255,
    "\\" * 255,
)


def keys(found: Ledger) -> list[MigrationKey]:
    return sorted(row.key for row in found.rows)


def test_names_from_hell_are_put_in_renamed_and_taken_out(server: Server, url: DatabaseUrl) -> None:
    evil = [MigrationKey("shop", name) for name in HELL] + [MigrationKey(name, "0001") for name in HELL]
    old = [MigrationKey("old", name) for name in HELL]
    make_ledger(url, A, *old, *evil[:4])
    before = ledger(url)
    edits: list[LedgerEdit] = [InsertRow(key, f"{key} is missing", EditGuard(given=(A,))) for key in evil]
    edits += [RenameRow(key, MigrationKey("new", key.name), str(key)) for key in old[::2]]
    edits += [DeleteRow(key, str(key)) for key in old[1::2]]
    script = render_script(edits, url.vendor, before)

    server.client(url, script.text)
    after = ledger(url)
    assert keys(after) == keys(edited(before, edits))
    assert len(after.keys) == len(after.rows)
    server.client(url, script.text)
    assert ledger(url) == after
    assert script.undo_is_whole
    server.client(url, script.undo)
    assert ledger(url) == before
    server.client(url, script.undo)
    assert ledger(url) == before


def test_names_that_differ_in_case_accents_or_spaces_are_different(server: Server, url: DatabaseUrl) -> None:
    """MySQL's usual collations take them for the same."""
    alike = [MigrationKey("shop", name) for name in ("name", "NAME", "name ", "n\u00e4me", "na\u0308me")]
    make_ledger(url, alike[0])
    before = ledger(url)
    edits: list[LedgerEdit] = [InsertRow(key, "") for key in alike]
    server.client(url, render_script(edits, url.vendor, before).text)
    assert keys(ledger(url)) == sorted(alike)
    removal = render_script([DeleteRow(alike[1], "")], url.vendor, ledger(url))
    server.client(url, removal.text)
    assert keys(ledger(url)) == sorted(key for key in alike if key != alike[1])


def test_of_doubled_rows_the_oldest_stays_and_the_others_come_back_as_they_were(
    server: Server, url: DatabaseUrl
) -> None:
    make_ledger(url, A, B, A, A, B)
    execute(url, "UPDATE django_migrations SET applied = '2001-01-01 00:00:00.000001' WHERE id = 3")
    before = ledger(url)
    script = render_script([DeleteDuplicate(A, "twice"), DeleteDuplicate(B, "twice")], url.vendor, before)
    server.client(url, script.text)
    assert [(row.id, row.key) for row in ledger(url).rows] == [(2, B), (3, A)]
    server.client(url, script.undo)
    assert ledger(url) == before


def test_rows_of_a_ledger_without_ids_are_printed_so_that_they_can_be_put_back(
    server: Server, url: DatabaseUrl
) -> None:
    evil = MigrationKey("it's", "back\\slash % é")
    make_ledger(url, A, evil, A)
    before = ledger(url)
    untold = Ledger.of(*(row.key for row in before.rows), source="file.csv")
    script = render_script([DeleteDuplicate(A, ""), DeleteRow(evil, "")], url.vendor, untold)
    printed = server.client(url, script.text)
    assert len(ledger(url).rows) == 1
    inserts = [line for line in printed.splitlines() if line.startswith("INSERT INTO")]
    server.client(url, "\n".join(inserts))
    assert ledger(url) == before


def test_django_reads_the_row_as_its_own(server: Server, url: DatabaseUrl) -> None:
    from datetime import UTC, datetime, timedelta

    make_ledger(url, A)
    server.client(url, render_script([InsertRow(B, "")], url.vendor, ledger(url)).text)
    put_in = next(row for row in ledger(url).rows if row.key == B)
    assert put_in.applied is not None
    moment = datetime.fromisoformat(put_in.applied)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=2)


def test_nothing_happens_on_a_database_that_it_is_not_for(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    execute(url, "CREATE TABLE shop_item (id integer, color integer)")
    before = ledger(url)
    wrong: list[LedgerEdit] = [
        InsertRow(B, "", EditGuard(given=(C,))),
        InsertRow(B, "", EditGuard(seen=(Presence("shop_item", "size"),))),
        InsertRow(B, "", EditGuard(seen=(Presence("shop_order"),))),
    ]
    server.client(url, render_script(wrong, url.vendor, before).text)
    assert ledger(url) == before
    right = InsertRow(
        B, "", EditGuard(given=(A,), seen=(Presence("shop_item"), Presence("shop_item", "color")))
    )
    server.client(url, render_script([right], url.vendor, before).text)
    assert keys(ledger(url)) == [A, B]


def test_a_shared_undo_script_leaves_rows_alone_that_were_there_before(
    server: Server, url: DatabaseUrl
) -> None:
    """A patched database that was upgraded has the ghost's row too, older than what it is given for."""
    make_ledger(url, B, A)
    before = ledger(url)
    shared = render_script(
        [InsertRow(B, "", EditGuard(given=(A,)))], url.vendor, Ledger.of(A, source="all"), shared=True
    )
    server.client(url, shared.text)
    server.client(url, shared.undo)
    assert ledger(url) == before
    execute(url, f"DELETE FROM django_migrations WHERE name = '{B.name}'")
    server.client(url, shared.text)
    assert keys(ledger(url)) == [A, B]
    server.client(url, shared.undo)
    assert keys(ledger(url)) == [A]
    server.client(url, shared.undo)
    assert keys(ledger(url)) == [A]


def test_repairs_at_the_same_time_leave_one_row(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A, C, C)
    edits: list[LedgerEdit] = [InsertRow(B, ""), DeleteDuplicate(C, ""), RenameRow(A, D, "")]
    script = render_script(edits, url.vendor, ledger(url)).text
    running = [server.start(url) for _ in range(6)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(script)
        process.stdin.close()
    for process in running:
        assert process.wait(timeout=60) == 0
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
    assert keys(ledger(url)) == [B, C, D]


def test_a_client_killed_before_the_commit_leaves_the_ledger_as_it_was(
    server: Server, url: DatabaseUrl
) -> None:
    make_ledger(url, A, C, C)
    before = ledger(url)
    edits: list[LedgerEdit] = [
        InsertRow(B, ""),
        DeleteDuplicate(C, ""),
        RenameRow(A, D, ""),
        DeleteRow(B, ""),
    ]
    text = render_script(edits[:3], url.vendor, before).text
    upto, _, _ = text.rpartition("COMMIT;")
    process = server.start(url)
    assert process.stdin is not None
    process.stdin.write(upto + "\n")
    process.stdin.flush()
    with open_database(url) as database:
        deadline = time.monotonic() + 20
        while not server.works_inside_a_transaction(database):
            assert time.monotonic() < deadline, "the client never came to the transaction"
            time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 20
    with open_database(url) as database:
        while server.works_inside_a_transaction(database):
            assert time.monotonic() < deadline, "the server keeps the lock of a client that is gone"
            time.sleep(0.05)
    assert ledger(url) == before
    server.client(url, text)
    assert keys(ledger(url)) == [B, C, D]


def test_a_statement_that_fails_leaves_the_ledger_as_it_was(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    before = ledger(url)
    text = render_script([InsertRow(B, ""), InsertRow(C, "")], url.vendor, before).text
    broken = text.replace("COMMIT;", "INSERT INTO no_such_table VALUES (1);\nCOMMIT;")
    server.client(url, broken, check=False)
    assert ledger(url) == before


# --- what one engine has alone --------------------------------------------------------------------------------------


def test_a_sequence_behind_its_table_is_no_obstacle(postgresql: Place) -> None:
    server, url = postgresql.server, postgresql.url
    make_ledger(url, A, B, C)
    execute(url, "SELECT setval(pg_get_serial_sequence('django_migrations', 'id'), 1, false)")
    before = ledger(url)
    script = render_script([InsertRow(D, "")], url.vendor, before)
    server.client(url, script.text)
    assert [row.id for row in ledger(url).rows] == [1, 2, 3, 4]
    server.client(url, script.undo)
    assert ledger(url) == before


def test_a_sequence_that_is_ahead_is_left_alone(postgresql: Place) -> None:
    server, url = postgresql.server, postgresql.url
    make_ledger(url, A)
    execute(url, "SELECT setval(pg_get_serial_sequence('django_migrations', 'id'), 40)")
    server.client(url, render_script([InsertRow(D, "")], url.vendor, ledger(url)).text)
    assert [row.id for row in ledger(url).rows] == [1, 41]


@pytest.mark.parametrize(
    "session",
    [
        "SET standard_conforming_strings = off; SET escape_string_warning = off;",
        "SET client_encoding = 'LATIN1';",
        "SET client_encoding = 'SQL_ASCII';",
        "SET datestyle = 'German, DMY'; SET timezone = 'Asia/Tokyo';",
    ],
)
def test_postgresql_sessions_of_every_kind(postgresql: Place, session: str) -> None:
    server, url = postgresql.server, postgresql.url
    _whatever_the_session(server, url, session)


@pytest.mark.parametrize(
    "session",
    [
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES';",
        "SET SESSION sql_mode = '';",
        "SET SESSION sql_mode = 'ANSI,PIPES_AS_CONCAT,NO_ZERO_DATE,ONLY_FULL_GROUP_BY';",
        "SET NAMES latin1;",
        "SET time_zone = '+09:00'; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;",
        "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
        "SET autocommit = 0;",
    ],
)
def test_mysql_sessions_of_every_kind(mysql: Place, session: str) -> None:
    server, url = mysql.server, mysql.url
    _whatever_the_session(server, url, session)


def _whatever_the_session(server: Server, url: DatabaseUrl, session: str) -> None:
    make_ledger(url, A, A, B)
    before = ledger(url)
    evil = [MigrationKey("shop", name) for name in HELL]
    edits: list[LedgerEdit] = [
        *(InsertRow(key, "") for key in evil),
        DeleteDuplicate(A, ""),
        DeleteRow(B, ""),
    ]
    script = render_script(edits, url.vendor, before)
    server.client(url, session + "\n" + script.text)
    assert keys(ledger(url)) == sorted([A, *evil])
    server.client(url, session + "\n" + script.undo)
    assert ledger(url) == before


def test_mysql_tables_in_latin1_say_no_rather_than_store_question_marks(mysql: Place) -> None:
    server, url = mysql.server, mysql.url
    make_ledger(url, A)
    execute(url, "ALTER TABLE django_migrations CONVERT TO CHARACTER SET latin1")
    before = ledger(url)
    accents = MigrationKey("shop", "größe")
    script = render_script([InsertRow(accents, "")], url.vendor, before)
    server.client(url, script.text)
    server.client(url, script.text)
    assert keys(ledger(url)) == [A, accents]
    snake = render_script([InsertRow(MigrationKey("shop", "🐍"), "")], url.vendor, before)
    server.client(url, "SET SESSION sql_mode = '';\n" + snake.text, check=False)
    assert keys(ledger(url)) == [A, accents]


def test_a_tenants_schema_is_repaired_and_no_other(postgresql: Place) -> None:
    server, url = postgresql.server, postgresql.url
    tenants = ("tenant_1", 'odd "name"', "größe")
    make_ledger(url, A)
    for tenant in tenants:
        quoted = '"' + tenant.replace('"', '""') + '"'
        execute(
            url,
            f"CREATE SCHEMA {quoted}",
            f"CREATE TABLE {quoted}.django_migrations (LIKE django_migrations INCLUDING ALL)",
        )
        execute(url, f"INSERT INTO {quoted}.django_migrations SELECT * FROM django_migrations")
    for tenant in tenants[1:]:
        script = render_script([InsertRow(B, "")], url.vendor, ledger(url), schema=tenant)
        server.client(url, script.text)
    found = {tenant: keys(ledger(_in_schema(url, tenant))) for tenant in tenants}
    assert found == {tenants[0]: [A], tenants[1]: [A, B], tenants[2]: [A, B]}
    assert keys(ledger(url)) == [A]


def _in_schema(url: DatabaseUrl, tenant: str) -> DatabaseUrl:
    quoted = '"' + tenant.replace('"', '""') + '"'
    return replace(
        url, options=(("options", f"-c search_path={quoted}".replace("\\", "\\\\").replace(' "', '\\ "')),)
    )
