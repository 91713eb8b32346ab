"""`verify` that is ended, by whatever signal: no folder, no database, no process is left, and nothing is done to what was there before."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from databases.servers import Server, Sqlite, execute, ledger, make_ledger
from fixture_repos import build_repository

from stitchback.adapters.connections import connected
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.temporary import sweep, temporary_folder
from stitchback.adapters.urls import DatabaseUrl
from stitchback.cli.boundary import Ended
from stitchback.model.keys import MigrationKey

# The names of the databases are random; here they are known. A shell's background jobs do not hear Ctrl-C; this one does.
RUN = """
import secrets, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` ignores it
series = sys.argv.pop(1)
secrets.token_hex = lambda size: series
from stitchback.cli import main
main()
"""
LONGEST = 240.0  # seconds; a loaded machine makes databases slowly
AT_ONCE = 5.0  # seconds; within one on a machine that has a processor to spare


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


@contextmanager
def kept(server: Server, url: DatabaseUrl, made: DatabaseUrl) -> Iterator[None]:
    """Another session without which `made` cannot be dropped."""
    statements = {
        "postgresql": ("BEGIN", f"COMMENT ON DATABASE {made.name} IS 'kept'"),
        "mysql": (f"CREATE TABLE {made.name}.kept (id integer)", f"LOCK TABLES {made.name}.kept WRITE"),
    }
    with connected(url, writable=True) as connection, connection.cursor() as cursor:
        for sql in statements.get(server.vendor, ()):
            cursor.execute(sql)
        yield


def test_ctrl_c_does_not_wait_for_the_server(server: Server, url: DatabaseUrl, tmp_path: Path) -> None:
    """The process that made the databases drops them afterwards."""
    if server.vendor == "sqlite":
        pytest.skip("has no server")
    scratch = scratch_databases(address(url)).__enter__()
    made = DatabaseUrl.parse(scratch.create())
    series = made.name.split("_")[2]
    with kept(server, url, made):
        began = monotonic()
        scratch.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert monotonic() - began < AT_ONCE
        assert databases(url, series) == [made.name]
    until = monotonic() + 20
    while databases(url, series) and monotonic() < until:
        sleep(0.2)
    assert databases(url, series) == []


def test_ctrl_c_does_not_wait_for_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exported trees may have many thousand files. Another process removes them."""
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: pytest.fail("removed by this process"))
    with pytest.raises(KeyboardInterrupt), temporary_folder(tmp_path) as folder:
        raise KeyboardInterrupt
    until = monotonic() + 20
    while folder.exists() and monotonic() < until:
        sleep(0.1)
    assert not folder.exists()


CLEANING = """
import importlib
import time
from stitchback.adapters import _project_child
_project_child.load_package()
protocol = importlib.import_module(_project_child.PACKAGE + ".protocol")
protocol.LONGEST_CLEANUP = 1
protocol.scratch.drop_everything = lambda: time.sleep(300)
protocol.serve()
"""


def test_a_server_that_is_gone_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", CLEANING], stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM


def test_other_signals_wait(tmp_path: Path) -> None:
    """The container may end as soon as the command does."""
    with pytest.raises(Ended), temporary_folder(tmp_path) as folder:
        raise Ended(signal.SIGTERM)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ended_in_order(name: str, server: Server, url: DatabaseUrl, tmp_path: Path) -> None:
    make_ledger(url, MigrationKey("shop", "0001_initial"))
    execute(url, "CREATE TABLE precious (id integer)")
    before, series = ledger(url), secrets.token_hex(4)
    built = build_repository("same-column-mid-chain", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", address(url), series)
    try:
        running.wait_for("creating databases with the code of each branch")
        if server.vendor != "sqlite":
            assert databases(url, series), "databases are there to be cleaned up"
        number = signal.Signals[name]
        began = monotonic()
        running.process.send_signal(number)
        out, _ = running.process.communicate(timeout=LONGEST)
        assert name != "SIGINT" or monotonic() - began < AT_ONCE
    finally:
        running.process.kill()
    assert running.process.returncode == 128 + number
    assert out == ""
    assert list(eventually_empty(running, url, series)) == []
    assert ledger(url) == before
    execute(url, "INSERT INTO precious (id) VALUES (1)")
    worktrees = subprocess.run(
        ["git", "worktree", "list"], cwd=built.path, capture_output=True, text=True, check=True
    )
    assert worktrees.stdout.count("\n") == 1


def pids(running: Running) -> list[int]:
    return [int(line.partition(":")[0]) for line in running.processes()]


@pytest.mark.parametrize("all_at_once", [False, True])
def test_killed(all_at_once: bool, server: Server, url: DatabaseUrl, tmp_path: Path) -> None:
    """Nobody can put anything away then: the processes end by themselves, and the next run takes away what is left; what a run that goes on
    holds stays."""
    series = secrets.token_hex(4)
    built = build_repository("same-column-mid-chain", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", address(url), series)
    try:
        running.wait_for("creating databases with the code of each branch")
        children = pids(running)
        assert children
        running.process.kill()
        for pid in children if all_at_once else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.communicate(timeout=LONGEST)
        until = monotonic() + 20
        while running.processes() and monotonic() < until:
            sleep(0.2)
        assert running.processes() == []
        assert os.listdir(running.temporary), "a folder is there to be taken away"
        if server.vendor != "sqlite":
            assert bool(databases(url, series)) is all_at_once
        with temporary_folder(running.temporary) as own, scratch_databases(address(url)) as alive:
            made = alive.create()
            with temporary_folder(running.temporary), scratch_databases(address(url)) as other:
                assert other.left_over == ()
                assert alive.copy(made), "the databases of a run that goes on are there"
                assert os.listdir(running.temporary).count(own.name) == 1
            assert os.listdir(running.temporary) == [own.name]
        assert databases(url, series) == []
        assert os.listdir(running.temporary) == []
    finally:
        running.process.kill()


def test_no_password_among_the_arguments_or_variables_of_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other users see of the processes that are started: /proc/PID/cmdline."""
    server = os.environ.get("STITCHBACK_TEST_POSTGRES")
    if not server:
        pytest.skip("STITCHBACK_TEST_POSTGRES is not set")
    monkeypatch.setenv("SHOP_TOKEN", "geheim2")
    secret = server.replace("postgres@", "postgres:geheim1@", 1)
    built = build_repository("same-column-mid-chain", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", secret, secrets.token_hex(4))
    try:
        running.wait_for("creating databases with the code of each branch")
        children = pids(running)
        assert len(children) > 1
        for pid in children:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            variables = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"geheim1" not in arguments + variables
            assert (b"geheim2" in variables) is (os.readlink(f"/proc/{pid}/cwd") in scratch_folders(running))
    finally:
        running.process.terminate()
        running.process.communicate(timeout=LONGEST)


def scratch_folders(running: Running) -> list[str]:
    """Where no code of the project runs, but ours, with the caller's own environment."""
    return [
        str(path)
        for path in running.temporary.resolve().iterdir()
        if {each.name for each in path.iterdir()} == {".in_use"}
    ]


def test_folders_of_others_stay(tmp_path: Path) -> None:
    """What only has the name, is a link, or is just being made."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".in_use").touch()
    place = tmp_path / "place"
    place.mkdir()
    (place / "stitchback_verify_link").symlink_to(elsewhere)
    (place / "stitchback_verify_new").mkdir()
    (place / "stitchback_verify_file").touch()
    (place / "other").mkdir()
    (place / "other" / ".in_use").touch()
    left = place / "stitchback_verify_left"
    left.mkdir()
    (left / ".in_use").touch()
    sweep(place)
    assert sorted(os.listdir(place)) == [
        "other",
        *(f"stitchback_verify_{name}" for name in ("file", "link", "new")),
    ]
    assert os.listdir(elsewhere) == [".in_use"]


def test_what_a_project_s_code_has_started_ends_with_it(tmp_path: Path) -> None:
    """A migration that waits, with a process of its own: both end when whoever runs them is killed, and when it ends the session."""
    built = build_repository("same-column-leaf", tmp_path / "repository")
    migration = min(built.path.glob("*/migrations/0001*.py"))
    text = migration.read_text().replace("operations = [", "operations = [migrations.RunPython(wait), ", 1)
    migration.write_text(text.replace("\n\n\nclass", "\n\n\n" + WAITING + "\n\nclass", 1))
    script = RUNNING.format(tree=str(built.path), url=f"sqlite:///{tmp_path}/db.sqlite3")
    process = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "STITCHBACK_MARK": str(tmp_path)}
    )
    mark = tmp_path / "started"
    until = monotonic() + LONGEST
    while not mark.exists() and monotonic() < until:
        sleep(0.1)
    inside, beside = map(int, mark.read_text().split())
    process.kill()
    process.wait()
    until = monotonic() + 20
    while (is_there(inside) or is_there(beside)) and monotonic() < until:
        sleep(0.2)
    assert not is_there(inside)
    assert not is_there(beside)


WAITING = """def wait(apps, editor):
    import os
    import subprocess
    import time
    from pathlib import Path

    beside = subprocess.Popen(["sleep", "300"])
    place = Path(os.environ["STITCHBACK_MARK"])
    (place / "writing").write_text(f"{os.getpid()} {beside.pid}")
    os.rename(place / "writing", place / "started")
    time.sleep(300)
"""
RUNNING = """
from pathlib import Path
from stitchback.adapters.projects import ProjectSession
with ProjectSession(Path({tree!r}), environment=dict(__import__("os").environ)) as session:
    session.migrate({url!r})
"""


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_run_to_the_end(tmp_path: Path) -> None:
    """The file that the URL names is left alone."""
    url = Sqlite().create(tmp_path)
    make_ledger(url, MigrationKey("shop", "0001_initial"))
    before, series = ledger(url), secrets.token_hex(4)
    built = build_repository("same-column-leaf", tmp_path / "repository")
    running = start(built.path, tmp_path / "temporary", address(url), series)
    out, err = running.process.communicate(timeout=LONGEST)
    assert running.process.returncode == 0, err
    assert "no lost value" in out
    assert list(eventually_empty(running, url, series)) == []
    assert ledger(url) == before
