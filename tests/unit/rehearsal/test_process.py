"""The rehearsal's process: it ends with its caller, and an answer that does not come is an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from plans_by_hand import DIAMOND, MAIN

from stitchback.model.plans import Refuted, SafePlan
from stitchback.proof import Prover
from stitchback.proof.rehearsals import NO_TIME
from stitchback.rehearsal import RehearsalEnded, process
from stitchback.rehearsal.process import Process


@pytest.fixture(autouse=True)
def _another_one_afterwards() -> Iterator[None]:
    yield
    process.end()


def running() -> Process:
    process.prepare()
    found = process._shared.process
    assert found is not None
    return found


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_there(pid)


def test_one_process_for_many_plans() -> None:
    first = running().pid
    for _ in range(2):
        assert isinstance(Prover(MAIN).prove(DIAMOND), SafePlan)
    assert running().pid == first


def test_a_killed_process_is_an_error_and_never_a_pass() -> None:
    child = running()
    prover = Prover(MAIN)
    assert isinstance(prover.prove(DIAMOND), SafePlan)
    os.kill(child.pid, signal.SIGSTOP)
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(RehearsalEnded, match="SIGKILL") as caught:
        child.ask("rehearse", None)
    assert caught.value.exit_code == 2
    assert caught.value.code == "SB413"
    assert not is_there(child.pid), "no zombie"
    assert isinstance(prover.prove(DIAMOND), SafePlan), "the next one asks another process"


def test_killed_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Process.ask

    def killing(self: Process, command: str, argument: object, *seconds: float) -> object:
        if command == "rehearse":
            os.kill(self.pid, signal.SIGKILL)
        return ask(self, command, argument, *seconds)

    monkeypatch.setattr(Process, "ask", killing)
    with pytest.raises(RehearsalEnded):
        Prover(MAIN).prove(DIAMOND)


def test_one_that_gives_no_answer_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    child, ask = running(), Process.ask
    asked: list[str] = []

    def stopping(self: Process, command: str, argument: object, *seconds: float) -> object:
        asked.append(command)
        if command == "rehearse":
            os.kill(self.pid, signal.SIGSTOP)
        return ask(self, command, argument, *seconds)

    monkeypatch.setattr(Process, "ask", stopping)
    monkeypatch.setattr("stitchback.rehearsal.process.WALL", 0.01)
    prover = Prover(MAIN)
    found = prover.prove(DIAMOND)
    assert isinstance(found, Refuted)
    assert found.contradicted is None
    assert found.missed[:2] == ("fresh install", "fork point of release/2.4")
    assert {each.message for each in found.failures} == {NO_TIME}
    assert not is_there(child.pid)
    assert isinstance(prover.prove(DIAMOND), Refuted)
    assert asked.count("rehearse") == 1, "no plan is rehearsed any more"


def test_an_interrupted_exchange_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    child = running()

    def interrupted(self: Process, length: int, seconds: float) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Process, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        child.ask("open", None)
    assert not is_there(child.pid)


def test_a_bug_on_the_other_side_is_raised_here() -> None:
    with pytest.raises(RuntimeError, match="no command 'dance'"):
        running().ask("dance", None)


CALLER = """
import sys, time
from stitchback.rehearsal import process
process.prepare()
print(process._shared.process.pid, flush=True)
process._shared.process.ask("open", None)
print("ready", flush=True)
{then}
"""


def obey_interrupts() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def caller(then: str) -> tuple[subprocess.Popen[str], int]:
    source = CALLER.format(then=then)
    started = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, preexec_fn=obey_interrupts
    )
    assert started.stdout is not None
    pid = int(started.stdout.readline())
    assert started.stdout.readline() == "ready\n"
    return started, pid


@pytest.mark.parametrize(("then", "code"), [("", 0), ("raise SystemExit(3)", 3)])
def test_it_ends_with_its_caller(then: str, code: int) -> None:
    started, pid = caller(then)
    with started:
        assert started.wait(30) == code
    assert gone(pid)


def test_it_ends_with_a_killed_caller() -> None:
    started, pid = caller("time.sleep(60)")
    with started:
        started.kill()
    assert gone(pid)


def test_ctrl_c_reaches_the_caller_alone() -> None:
    started, pid = caller("try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit(130)")
    with started:
        started.send_signal(signal.SIGINT)
        assert started.wait(30) in (130, -signal.SIGINT)  # within its sleep, or right before it
    assert gone(pid)


def test_nothing_of_the_callers_surroundings_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project's folder may hold a `django` of its own, a sitecustomize, or a settings module."""
    for name in ("sitecustomize", "settings", "sqlparse", "shop"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "settings")
    process.end()
    assert isinstance(Prover(MAIN).prove(DIAMOND), SafePlan)
    assert not (tmp_path / "ran").exists()
