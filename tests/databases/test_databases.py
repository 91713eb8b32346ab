"""Live databases: what is read, what is told apart, and a repair that is run and looked at before it stays."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from databases.conftest import Place
from databases.servers import Server, execute, ledger, make_ledger, reading

from stitchback.adapters import connections
from stitchback.adapters.databases import open_database, read_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.model.keys import MigrationKey
from stitchback.repair.ledger_edits import DeleteRow, InsertRow, LedgerEdit, Presence, RenameRow, edited
from stitchback.repair.sql import render_script

A, B, C = (MigrationKey("shop", name) for name in ("0001_a", "0002_b", "0003_c"))


def test_rows_come_in_their_order_with_id_and_time(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, B, A, B)
    found = read_database(url)
    assert [(row.id, row.key) for row in found.ledger.rows] == [(1, B), (2, A), (3, B)]
    assert all(row.applied and row.applied[:2] == "20" for row in found.ledger.rows)
    assert (found.vendor, found.has_table, found.schema) == (url.vendor, True, None)
    assert found.ledger.source == url.redacted


def test_a_database_that_django_never_saw_is_fresh(server: Server, url: DatabaseUrl) -> None:
    found = reading(url)
    assert (found.ledger.rows, found.has_table, found.remarks) == ((), False, ())
    make_ledger(url)
    assert reading(url).has_table


def test_the_schema_is_seen_by_name(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    execute(url, "CREATE TABLE shop_item (id integer, color integer)")
    schema = reading(url).schema
    assert schema is not None
    assert schema.tables["shop_item"] == {"id", "color"}
    assert schema.has(Presence("shop_item", "color"))
    assert not schema.has(Presence("shop_item", "size"))
    assert not schema.has(Presence("shop_order"))
    assert set(schema.tables) == {"shop_item", "django_migrations"}


def test_reading_writes_nothing(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    before = ledger(url)
    with open_database(url) as database, database._reading(), pytest.raises(EnvironmentProblem):
        database._execute("INSERT INTO django_migrations (app, name, applied) VALUES (1, 1, 1)")
    assert ledger(url) == before


def test_a_repair_stays_where_the_ledger_is_what_was_proved(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A, B)
    before = ledger(url)
    edits: list[LedgerEdit] = [InsertRow(C, "why"), RenameRow(A, MigrationKey("x", "y"), "why")]
    expected = edited(before, edits)
    with open_database(url, writable=True) as database:
        found = database.run(render_script(edits, url.vendor, before), expected)
    assert found == ledger(url)
    assert found.keys == expected.keys
    with open_database(url, writable=True) as database:
        again = database.run(render_script(edits, url.vendor, before), expected)
    assert again == found


def test_a_repair_is_rolled_back_where_the_ledger_is_something_else(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    before = ledger(url)
    make_room = edited(before, [InsertRow(B, ""), InsertRow(C, "")])
    with open_database(url, writable=True) as database, pytest.raises(Refusal) as caught:
        database.run(render_script([InsertRow(B, "")], url.vendor, before), make_room)
    assert caught.value.code == "SB611"
    assert caught.value.evidence == ("missing: shop.0003_c",)
    assert ledger(url) == before
    with open_database(url, writable=True) as database:
        database.run(
            render_script([InsertRow(B, "")], url.vendor, before), edited(before, [InsertRow(B, "")])
        )
    assert ledger(url).keys == {A, B}


def test_a_repair_whose_statement_fails_changes_nothing(server: Server, url: DatabaseUrl) -> None:
    make_ledger(url, A)
    before = ledger(url)
    script = render_script([InsertRow(B, ""), DeleteRow(A, "")], url.vendor, before)
    last = replace(script.statements[-1], sql="INSERT INTO no_such_table VALUES (1)")
    broken = replace(script, statements=(*script.statements[:-1], last))
    with open_database(url, writable=True) as database, pytest.raises(EnvironmentProblem):
        database.run(broken, before)
    assert ledger(url) == before


def test_a_ledger_that_is_no_ledger(server: Server, url: DatabaseUrl) -> None:
    execute(url, "CREATE TABLE django_migrations (id integer, what integer)")
    with pytest.raises(EnvironmentProblem, match="its django_migrations cannot be read"):
        read_database(url)


# --- what cannot be read is told, without credentials ----------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_nobody_answers(vendor: str) -> None:
    pytest.importorskip({"postgresql": "psycopg", "mysql": "MySQLdb"}[vendor])
    url = DatabaseUrl(vendor, "shop", "me", "hush-hush", "127.0.0.1", 1)
    with pytest.raises(EnvironmentProblem) as caught:
        read_database(url, timeout=2)
    assert caught.value.code == "SB603"
    assert "hush-hush" not in caught.value.message
    assert f"{vendor}://me:***@127.0.0.1:1/shop" in caught.value.message


@pytest.mark.parametrize(("vendor", "extra"), [("postgresql", "[postgres]"), ("mysql", "[mysql]")])
def test_no_driver(vendor: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(connections, "import_module", absent)
    with pytest.raises(EnvironmentProblem) as caught:
        read_database(DatabaseUrl(vendor, "shop"))
    assert caught.value.code == "SB602"
    assert caught.value.message.endswith(f"no driver for {vendor} is installed")
    assert f"stitchback{extra}" in caught.value.hint


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_a_driver_that_cannot_be_loaded(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ImportError("libpq.so.5: cannot open shared object file")

    monkeypatch.setattr(connections, "import_module", broken)
    with pytest.raises(EnvironmentProblem, match=r"cannot be loaded \(.*libpq.so.5") as caught:
        read_database(DatabaseUrl(vendor, "shop"))
    assert caught.value.code == "SB602"


def test_an_option_that_the_driver_does_not_know(postgresql: Place, mysql: Place) -> None:
    for url in (postgresql.url, mysql.url):
        with pytest.raises(EnvironmentProblem) as caught:
            read_database(replace(url, options=(("nonsense", "1"),)))
        assert caught.value.code == "SB603"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "missing.sqlite3"
    for writable in (False, True):
        with (
            pytest.raises(EnvironmentProblem, match="the file does not exist"),
            open_database(_file(missing), writable=writable),
        ):
            pass
    assert not missing.exists()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite3"
    text.write_text("hello, this is no database at all, but it is long enough to look at\n" * 20)
    with pytest.raises(EnvironmentProblem, match="not a database"):
        read_database(_file(text))


def test_a_file_with_an_odd_path_and_one_that_may_only_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "a?b#c %41 d"
    folder.mkdir()
    path = folder / "it's é.sqlite3"
    path.touch()
    make_ledger(_file(path), A)
    path.chmod(0o444)
    assert read_database(_file(path)).ledger.keys == {A}


def test_a_file_in_wal_mode_with_somebody_writing(tmp_path: Path) -> None:
    path = tmp_path / "wal.sqlite3"
    path.touch()
    make_ledger(_file(path), A)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM django_migrations")
    assert read_database(_file(path)).ledger.keys == {A}
    writer.close()
    assert read_database(_file(path)).ledger.keys == {A}


def test_a_role_without_permission(postgresql: Place) -> None:
    url = postgresql.url
    make_ledger(url, A)
    role = url.name.replace("stitchback_test", "stitchback_role")
    execute(url, f"CREATE ROLE {role} LOGIN PASSWORD 'hush-hush'")
    try:
        stranger = replace(url, user=role, password="hush-hush")
        with pytest.raises(EnvironmentProblem, match="permission denied") as caught:
            read_database(stranger)
        assert caught.value.code == "SB604"
        assert "hush-hush" not in caught.value.message
        execute(url, f"GRANT SELECT ON django_migrations TO {role}")
        assert read_database(stranger).ledger.keys == {A}
        execute(url, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        with pytest.raises(EnvironmentProblem, match="no permission on the schema public"):
            read_database(stranger)
    finally:
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_an_account_without_permission(mysql: Place) -> None:
    url = mysql.url
    make_ledger(url, A)
    user = url.name.replace("stitchback_test_", "sb_")
    execute(url, f"CREATE USER '{user}'@'%' IDENTIFIED BY 'hush-hush'", "CREATE TABLE other (id integer)")
    execute(url, f"GRANT SELECT ON `{url.name}`.other TO '{user}'@'%'")
    try:
        stranger = replace(url, user=user, password="hush-hush")
        with pytest.raises(EnvironmentProblem) as caught:
            read_database(stranger)
        assert caught.value.code == "SB604"
        assert "hush-hush" not in caught.value.message
        with pytest.raises(EnvironmentProblem) as caught:
            read_database(replace(stranger, password="wrong-one"))
        assert caught.value.code == "SB646"
        assert "wrong-one" not in caught.value.message
    finally:
        execute(url, f"DROP USER '{user}'@'%'")


def test_a_session_that_limits_the_number_of_rows(mysql: Place) -> None:
    """The account's own `sql_select_limit`: a row that is not read would be a row that is missing."""
    make_ledger(mysql.url, A, B, C)
    limited = replace(mysql.url, options=(("init_command", "SET SESSION sql_select_limit = 1"),))
    assert read_database(limited).ledger.keys == {A, B, C}


def test_a_table_without_transactions_is_not_repaired(mysql: Place) -> None:
    make_ledger(mysql.url, A)
    execute(mysql.url, "ALTER TABLE django_migrations ENGINE = MyISAM")
    before = ledger(mysql.url)
    with open_database(mysql.url, writable=True) as database, pytest.raises(Refusal, match="MyISAM"):
        database.run(render_script([InsertRow(B, "")], "mysql", before), edited(before, [InsertRow(B, "")]))
    assert ledger(mysql.url) == before


def test_a_ledger_in_another_schema_is_worth_a_word(postgresql: Place) -> None:
    make_ledger(postgresql.url, A)
    execute(postgresql.url, "CREATE SCHEMA tenant", "ALTER TABLE django_migrations SET SCHEMA tenant")
    found = read_database(postgresql.url)
    assert (found.has_table, found.ledger.rows) == (False, ())
    assert "in the schemas tenant" in found.remarks[0]
    inside = replace(postgresql.url, options=(("options", "-c search_path=tenant"),))
    assert read_database(inside).ledger.keys == {A}


def _file(path: Path) -> DatabaseUrl:
    return DatabaseUrl("sqlite", str(path))
