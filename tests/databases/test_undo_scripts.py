"""What the undo script brings back: every value with its type, or nothing was printed; and never a file over another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import REFUSED
from databases.conftest import Place
from databases.servers import Sqlite
from databases.small_projects import Live, SmallProject, create, live, small_project

from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases

USAGE = 2
PAIRS = [
    ("'2024-01-01 00:00:00'", "'2024-01-01 10:00:00.000001'", 2),
    ("'2024-01-01T00:00:00'", "'2024-01-01 10:00:00'", 2),
    ("'2024-01-01 10:00:00'", "'2024-01-01T00:00:00'", 3),
    ("'2024-01-01 00:30:00'", "'2024-01-01 01:00:00+02:00'", 3),
    ("'2024-01-01 00:00:00Z'", "'2024-01-01 00:00:00'", 2),
    ("1704067200", "1604067200", 2),
    ("1704067200.25", "x'00ff'", 2),
    ("'yesterday'", "'long ago'", 2),
    ("''", "'2024-01-01 00:00:00'", 2),
]


@pytest.fixture
def sqlite_scratch() -> Iterator[ScratchDatabases]:
    with scratch_databases("sqlite:///") as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "project", "shop")
    made.migration("shop.0001_initial", "", create("Item"))
    made.commit()
    return made


def bytes_of(database: Live) -> list[tuple[object, ...]]:
    with sqlite3.connect(database.address.name) as connection:
        sql = "SELECT id, quote(app), quote(name), quote(applied), typeof(applied) FROM django_migrations ORDER BY id"
        return connection.execute(sql).fetchall()


def doubled(database: Live, one: str, two: str) -> None:
    values = ", ".join(f"({number}, 'shop', '0001_initial', {time})" for number, time in ((2, one), (3, two)))
    database.execute(
        "DELETE FROM django_migrations",
        f"INSERT INTO django_migrations (id, app, name, applied) VALUES {values}",
    )


@pytest.mark.parametrize(("one", "two", "older"), PAIRS)
def test_values_of_every_type_come_back(
    one: str, two: str, older: int, project: SmallProject, sqlite_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """The older one by time stays, in the script and in the undo alike; of values that are no times, the first one."""
    database = live(project, Sqlite(), sqlite_scratch)
    doubled(database, one, two)
    before, undo = bytes_of(database), tmp_path / "undo.sql"
    said = database.repair("--undo", str(undo))
    assert said.exit_code == 1
    database.run(said.out)
    assert [row[0] for row in bytes_of(database)] == [older]
    database.run(undo.read_text())
    assert bytes_of(database) == before


def test_a_fleets_odd_times_have_a_script_of_their_own(
    project: SmallProject, sqlite_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    tenants = [live(project, Sqlite(), sqlite_scratch) for _ in range(3)]
    for database, (one, two, _) in zip(tenants, (PAIRS[0], PAIRS[0], PAIRS[2]), strict=True):
        doubled(database, one, two)
    fleet, out = tmp_path / "fleet.txt", tmp_path / "out"
    fleet.write_text("\n".join(database.url for database in tenants))
    assert project.say("repair", "--fleet", str(fleet), "--out", str(out)).exit_code == 1
    shared, alone = ((out / f"group{number}.sqlite.repair.sql").read_text() for number in (1, 2))
    for database in tenants[:2]:
        database.run(shared)
        assert [row[0] for row in bytes_of(database)] == [2]
    tenants[2].run(alone)
    assert [row[0] for row in bytes_of(tenants[2])] == [3]


def test_an_undo_script_does_nothing_anywhere_else(
    project: SmallProject, sqlite_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    """On another database, and on its own once somebody has migrated."""
    database, other = (live(project, Sqlite(), sqlite_scratch) for _ in range(2))
    doubled(database, *PAIRS[0][:2])
    undo = tmp_path / "undo.sql"
    database.run(database.repair("--undo", str(undo)).out)
    before = bytes_of(other)
    other.run(undo.read_text())
    assert bytes_of(other) == before
    database.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001', '2024-02-02 00:00:00')"
    )
    later = bytes_of(database)
    database.run(undo.read_text())
    assert bytes_of(database) == later


def test_what_cannot_be_put_back_is_not_taken_out(
    project: SmallProject, postgresql: Place, tmp_path: Path
) -> None:
    url = f"postgresql://{postgresql.url.user}@{postgresql.url.host}:{postgresql.url.port or 5432}/{postgresql.url.name}"
    database = Live(project, postgresql.server, url)
    assert database.migrate() == ""
    database.execute(
        "INSERT INTO django_migrations (app, name, applied) SELECT app, name, 'infinity' FROM django_migrations"
    )
    said = database.repair()
    assert (said.exit_code, said.out) == (REFUSED, "")
    assert "SB616" in said.err
    assert database.select("SELECT COUNT(*) FROM django_migrations") == [(2,)]


def test_an_undo_file_is_never_written_over(
    project: SmallProject, sqlite_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    one, two = (live(project, Sqlite(), sqlite_scratch) for _ in range(2))
    for database, (first, second, _) in ((one, PAIRS[0]), (two, PAIRS[1])):
        doubled(database, first, second)
    undo = tmp_path / "undo.sql"
    assert one.repair("--undo", str(undo)).exit_code == 1
    assert one.repair("--undo", str(undo)).exit_code == 1, "the very same script again"
    kept, before = undo.read_text(), bytes_of(two)
    said = two.repair("--undo", str(undo), "--apply", "--yes")
    assert (said.exit_code, said.out) == (USAGE, "")
    assert "exists already" in said.err
    assert (undo.read_text(), bytes_of(two)) == (kept, before)


@pytest.mark.parametrize("name", ["none/undo.sql", "file/undo.sql", "folder"])
def test_a_path_that_cannot_be_written_is_an_ordinary_error(
    name: str, project: SmallProject, sqlite_scratch: ScratchDatabases, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    database = live(project, Sqlite(), sqlite_scratch)
    doubled(database, *PAIRS[0][:2])
    before = bytes_of(database)
    (tmp_path / "folder").mkdir()
    said = database.repair("--undo", str(tmp_path / name), "--apply", "--yes")
    assert (said.exit_code, said.out) == (USAGE, "")
    assert "Traceback" not in said.err
    assert bytes_of(database) == before
