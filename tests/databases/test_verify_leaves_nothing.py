"""`verify` and Ctrl-C: no folder, no database, no process is left, and nothing is done to what was there before."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from databases.servers import Server, Sqlite, execute, ledger, make_ledger
from fixture_repos import build_repository

from stitchback.adapters.connections import connected
from stitchback.adapters.urls import DatabaseUrl
from stitchback.model.keys import MigrationKey

# The names of the databases are random; here they are known. A shell's background jobs do not hear Ctrl-C; this one does.
RUN = """
import secrets, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
series = sys.argv.pop(1)
secrets.token_hex = lambda size: series
from stitchback.cli import main
main()
"""
LONGEST = 240.0  # seconds; a loaded machine makes databases slowly


@dataclass(slots=True)
class Running:
    """`stitchback verify` in a process of its own, with a folder of its own for temporary files."""

    process: subprocess.Popen[str]
    temporary: Path

    def wait_for(self, words: str) -> None:
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if words in line:
                return
        raise AssertionError("".join(said))

    def processes(self) -> list[str]:
        """What runs in its temporary folder (Linux tells)."""
        found = []
        for place in Path("/proc").glob("[0-9]*/cwd"):
            try:
                folder = os.readlink(place)
            except OSError:  # somebody else's, or gone
                continue
            if folder.startswith(str(self.temporary)):
                found.append(f"{place.parent.name}: {folder}")
        return found


def start(repository: Path, temporary: Path, url: str, series: str) -> Running:
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", RUN, series, "-C", str(repository), "verify", "release/2.4"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [*command, "--database", url], stdout=pipe, stderr=pipe, text=True, env=environment
    )
    return Running(process, temporary)


def address(url: DatabaseUrl) -> str:
    if url.vendor == "sqlite":
        return f"sqlite:///{url.name}"
    secret = f":{url.password}" if url.password else ""
    return f"{url.vendor}://{url.user}{secret}@{url.host}:{url.port}/{url.name}"


def databases(url: DatabaseUrl, series: str) -> list[str]:
    if url.vendor == "sqlite":
        return []  # files of the temporary folder
    column, table = {
        "postgresql": ("datname", "pg_database"),
        "mysql": ("schema_name", "information_schema.schemata"),
    }[url.vendor]
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} LIKE '%%{series}%%'")
        return [name for (name,) in cursor.fetchall()]


def eventually_empty(running: Running, url: DatabaseUrl, series: str) -> Iterator[str]:
    until = monotonic() + 20
    while left := [*databases(url, series), *running.processes(), *os.listdir(running.temporary)]:
        if monotonic() > until:
            yield from left
            return
        sleep(0.2)


def test_ctrl_c(server: Server, url: DatabaseUrl, tmp_path: Path) -> None:
    make_ledger(url, MigrationKey("shop", "0001_initial"))
    execute(url, "CREATE TABLE precious (id integer)")
    before, series = ledger(url), secrets.token_hex(4)
    built = build_repository("same-column-mid-chain", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", address(url), series)
    try:
        running.wait_for("making databases with the old trees")
        if server.vendor != "sqlite":
            assert databases(url, series), "databases are there to be cleaned up"
        running.process.send_signal(signal.SIGINT)
        out, _ = running.process.communicate(timeout=LONGEST)
    finally:
        running.process.kill()
    assert running.process.returncode == 130
    assert out == ""
    assert list(eventually_empty(running, url, series)) == []
    assert ledger(url) == before
    execute(url, "INSERT INTO precious (id) VALUES (1)")
    worktrees = subprocess.run(
        ["git", "worktree", "list"], cwd=built.path, capture_output=True, text=True, check=True
    )
    assert worktrees.stdout.count("\n") == 1


def test_a_run_to_the_end(tmp_path: Path) -> None:
    """The file that the URL names is left alone."""
    url = Sqlite().create(tmp_path)
    make_ledger(url, MigrationKey("shop", "0001_initial"))
    before, series = ledger(url), secrets.token_hex(4)
    built = build_repository("same-column-leaf", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", address(url), series)
    out, err = running.process.communicate(timeout=LONGEST)
    assert running.process.returncode == 0, err
    assert "nothing lost" in out
    assert list(eventually_empty(running, url, series)) == []
    assert ledger(url) == before
