"""A SQLite file that is read is as it was, and nothing is left beside it (FACTS F40)."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from databases.servers import make_ledger
from migration_values import key

from stitchback.adapters import connections
from stitchback.adapters.connections import Changed, undisturbed
from stitchback.adapters.databases import read_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

ADD = "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_more', '2024-01-01 00:00:00')"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "d b?.sqlite3"
    path.parent.mkdir()
    path.touch()
    make_ledger(DatabaseUrl("sqlite", str(path)), key("shop.0001_base"))
    return path


@pytest.fixture
def in_wal_mode(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    return file


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def state(file: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in file.parent.iterdir()
    }


def names(file: Path) -> list[str]:
    reading = read_database(DatabaseUrl("sqlite", str(file)), with_schema=True)
    assert reading.schema is not None
    return [row.key.name for row in reading.ledger.rows]


def test_without_wal(file: Path) -> None:
    before = state(file)
    assert names(file) == ["0001_base"]
    assert state(file) == before


def test_in_wal_mode_and_closed(in_wal_mode: Path) -> None:
    before = state(in_wal_mode)
    assert names(in_wal_mode) == ["0001_base"]
    assert state(in_wal_mode) == before


def test_in_wal_mode_and_in_use(in_wal_mode: Path) -> None:
    """What is only in the `-wal` so far is read as well."""
    with closing(sqlite3.connect(in_wal_mode)) as connection:
        connection.execute(ADD)
        connection.commit()
        before = state(in_wal_mode)
        assert len(before) == 3
        assert names(in_wal_mode) == ["0001_base", "0002_more"]
        assert state(in_wal_mode) == before


def test_in_wal_mode_and_in_use_by_a_link_to_it(in_wal_mode: Path, tmp_path: Path) -> None:
    """The `-wal` is beside the file to which the link leads, and the newest rows are in it."""
    link = tmp_path / "link.sqlite3"
    link.symlink_to(in_wal_mode)
    with closing(sqlite3.connect(in_wal_mode)) as connection:
        connection.execute(ADD)
        connection.commit()
        before = state(in_wal_mode)
        assert names(link) == ["0001_base", "0002_more"]
        assert state(in_wal_mode) == before


def test_in_wal_mode_in_a_folder_that_cannot_be_written(in_wal_mode: Path) -> None:
    in_wal_mode.parent.chmod(0o555)
    try:
        assert names(in_wal_mode) == ["0001_base"]
    finally:
        in_wal_mode.parent.chmod(0o755)


def test_written_while_it_is_read(in_wal_mode: Path) -> None:
    def written() -> None:
        with undisturbed(in_wal_mode, "it"), closing(sqlite3.connect(in_wal_mode)) as connection:
            connection.execute(ADD)
            connection.commit()

    with pytest.raises(Changed, match="another process wrote to it while it was read"):
        written()


def test_written_each_time_that_it_is_copied(in_wal_mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PAUSE", 0)
    stamps = iter(range(100))
    monkeypatch.setattr(connections, "stamp", lambda path: ((1, next(stamps)), (1, 1)))
    connections.wal_of(in_wal_mode).touch()
    with pytest.raises(Changed, match="each time"), undisturbed(in_wal_mode, "it"):
        pass
    connections.wal_of(in_wal_mode).unlink()


def test_too_large_to_copy(in_wal_mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_COPIED", 100)
    with closing(sqlite3.connect(in_wal_mode)) as connection:
        connection.execute(ADD)
        connection.commit()
        with pytest.raises(EnvironmentProblem, match="too many to copy") as raised:
            names(in_wal_mode)
    assert ".backup" in raised.value.hint
