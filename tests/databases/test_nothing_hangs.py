"""A database that is locked, silent, slow or odd is reported within seconds, and the others of its fleet are read."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from databases.conftest import Place
from databases.servers import Server, Sqlite, execute, make_ledger
from fixture_repos import build_repository
from migration_values import key

from stitchback.adapters.connections import connected
from stitchback.adapters.databases import open_database, read_database, run_script
from stitchback.adapters.fleet_file import ReachedTenant, Tenant, UnreachedTenant, read_fleet
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem
from stitchback.repair.ledger_edits import InsertRow, edited
from stitchback.repair.sql import render_script

TIMEOUT = 1
SOON = 20  # seconds: less than any test may take on a busy machine, more than TIMEOUT and all that follows from it

LOCKS = {
    "sqlite": ("BEGIN EXCLUSIVE",),
    "postgresql": ("BEGIN", "LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE"),
    "mysql": ("LOCK TABLES django_migrations WRITE",),
}
WRITERS = {
    "sqlite": ("BEGIN IMMEDIATE",),
    "postgresql": ("BEGIN", "LOCK TABLE django_migrations IN SHARE MODE"),
    "mysql": ("LOCK TABLES django_migrations READ",),
}
SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}


@contextmanager
def held(url: DatabaseUrl, *statements: str) -> Iterator[None]:
    """Another session, in a thread of its own."""
    locked, done = Event(), Event()

    def hold() -> None:
        with connected(url, writable=True) as connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
            locked.set()
            done.wait()

    thread = Thread(target=hold)
    thread.start()
    assert locked.wait(SOON)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_locked_ledger(url: DatabaseUrl, server: Server) -> None:
    make_ledger(url, key("shop.0001_base"))
    began = time.monotonic()
    with held(url, *LOCKS[server.vendor]), pytest.raises(EnvironmentProblem) as raised:
        read_database(url, with_schema=True, timeout=TIMEOUT)
    assert raised.value.code == "SB645"
    assert "it is locked or too slow" in raised.value.message
    assert "--timeout" in raised.value.hint
    assert time.monotonic() - began < SOON
    if server.vendor == "postgresql":
        assert "lock timeout" in raised.value.message
    assert len(read_database(url).ledger.rows) == 1


def test_a_ledger_that_can_be_read_and_not_written(url: DatabaseUrl, server: Server) -> None:
    """A repair waits no longer for another session's lock than a reading does, whatever its printed script would."""
    make_ledger(url, key("shop.0001_base"))
    ledger = read_database(url).ledger
    edits = [InsertRow(key("shop.0002_size"), "")]
    script = render_script(edits, server.vendor, ledger)
    began = time.monotonic()
    with held(url, *WRITERS[server.vendor]):
        assert read_database(url, timeout=TIMEOUT).ledger == ledger
        with pytest.raises(EnvironmentProblem) as raised:
            run_script(url, script, edited(ledger, edits), timeout=TIMEOUT)
    assert raised.value.code == "SB645"
    assert time.monotonic() - began < SOON
    run_script(url, script, edited(ledger, edits), timeout=TIMEOUT)
    assert len(read_database(url).ledger.rows) == 2


@pytest.mark.parametrize("vendor", sorted(SLEEP))
def test_a_slow_statement(vendor: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(vendor)
    began = time.monotonic()
    with (
        open_database(place.url, timeout=TIMEOUT) as database,
        database._reading(),
        pytest.raises(EnvironmentProblem) as raised,
    ):
        database._select(SLEEP[vendor])
    assert raised.value.code == "SB645"
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_a_server_that_says_nothing(vendor: str, silent: int) -> None:
    began = time.monotonic()
    with pytest.raises(EnvironmentProblem) as raised:
        read_database(DatabaseUrl(vendor, "shop", "u", "", "127.0.0.1", silent), timeout=TIMEOUT)
    assert raised.value.code in ("SB603", "SB645")
    assert time.monotonic() - began < SOON


def test_one_odd_tenant_and_the_others(url: DatabaseUrl, server: Server, silent: int, tmp_path: Path) -> None:
    files = [Sqlite().create(tmp_path) for _ in range(3)]
    for file in files:
        make_ledger(file, key("shop.0001_base"))
    odd, locked, sound = files
    execute(odd, "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', X'FF00', '2024-01-01')")
    make_ledger(url, key("shop.0001_base"))
    bad = (
        replace(url, options=(("ssl", "yes"), ("sslmode", "no such mode"), ("isolation_level", "none")))
        if server.variable
        else DatabaseUrl("sqlite", sound.name, options=(("no_such_option", "1"),))
    )
    dead = DatabaseUrl("mysql", "shop", "u", "", "127.0.0.1", silent)
    tenants = [Tenant(each) for each in (odd, bad, dead, locked, url, sound)]
    began = time.monotonic()
    with held(locked, *LOCKS["sqlite"]):
        answers = read_fleet(tenants, with_schema=True, timeout=TIMEOUT, workers=2)
    assert time.monotonic() - began < SOON
    assert [type(answer) for answer in answers] == [UnreachedTenant] * 4 + [ReachedTenant] * 2
    problems = [answer.problem for answer in answers if isinstance(answer, UnreachedTenant)]
    assert problems[0].code == "SB606"
    assert r"id 2, app 'shop', name b'\xff\x00'" in problems[0].message
    assert problems[3].code == "SB645"


def obey_interrupts() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


AT_ONCE = 5  # seconds; within one on a machine that has a processor to spare


def interrupted(command: Sequence[str], until: Callable[[subprocess.Popen[str]], None]) -> str:
    """What the command printed on stderr, interrupted as a terminal does it: SIGINT to its process group, which ends at once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stitchback", *command],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=obey_interrupts,
    )
    until(process)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=SOON)
    took = time.monotonic() - began
    assert process.returncode == 130
    assert "interrupted" in err
    assert took < AT_ONCE
    return err


def wait_for_its_reader(process: subprocess.Popen[str]) -> None:
    """Until the process has a second thread, which waits for the database."""
    for _ in range(600):
        if len(os.listdir(f"/proc/{process.pid}/task")) > 1:
            time.sleep(1)
            break
        time.sleep(0.1)
    assert process.poll() is None


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at the process's threads")
@pytest.mark.parametrize("vendor", ["mysql", "sqlite"])
def test_an_interrupt_ends_the_command_at_once(vendor: str, silent: int, tmp_path: Path) -> None:
    repository = build_repository("same-column-leaf", tmp_path / "repository").path
    file = Sqlite().create(tmp_path)
    make_ledger(file, key("shop.0001_base"))
    url = f"mysql://u@127.0.0.1:{silent}/shop" if vendor == "mysql" else f"sqlite:///{file.name}"
    command = ["-C", str(repository), "inspect", "--database", url]
    with held(file, *LOCKS["sqlite"]):
        interrupted([*command, "--timeout", "30"], wait_for_its_reader)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at the process's threads")
def test_an_interrupt_ends_a_fleet_at_once(silent: int, tmp_path: Path) -> None:
    repository = build_repository("same-column-leaf", tmp_path / "repository").path
    file = Sqlite().create(tmp_path)
    make_ledger(file, key("shop.0001_base"))
    slow = [f"mysql://u@127.0.0.1:{silent}/a{number}" for number in range(3)]
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("\n".join([f"sqlite:///{file.name}", *slow, f"postgresql://u@127.0.0.1:{silent}/b"]))
    command = ["-C", str(repository), "repair", "--fleet", str(fleet), "--timeout", "30"]
    interrupted(command, wait_for_its_reader)


def rehearsal_of(process: subprocess.Popen[str]) -> int:
    """The process that rehearses for the one that proves, as soon as it is there: its only child with a session of its own."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(600):
        for child in map(int, children.read_text().split()):
            with suppress(ProcessLookupError):
                if os.getsid(child) == child:
                    return child
        time.sleep(0.1)
    raise AssertionError("no rehearsal")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the process's children")
@pytest.mark.parametrize("later", [0, 0.3, 1])
def test_an_interrupt_ends_a_plan_at_once(later: float, tmp_path: Path) -> None:
    built = build_repository("foreign-keys-across-two-patched-apps", tmp_path / "repository")

    def until(process: subprocess.Popen[str]) -> None:
        rehearsals.append(rehearsal_of(process))
        time.sleep(later)

    rehearsals: list[int] = []
    interrupted(["-C", str(built.path), "plan", *built.case.patches], until)
    assert not Path(f"/proc/{rehearsals[0]}").exists()
