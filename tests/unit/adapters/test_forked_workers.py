"""Processes that help: every turn is taken once, what they found arrives whole or not at all, and none is left behind.

Each test runs in a process of its own, which has no other thread, as the command's own has none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from stitchback.adapters import forked_workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked_workers are begun on Linux only")

BEFORE = """
import os, sys, time
from stitchback.adapters import forked_workers
from stitchback.adapters.forked_workers import shared_out

HERE = os.getpid()
taken = []

def own(turns):
    for turn in turns:
        time.sleep(0.001)
        taken.append(turn)

def others(turns):
    found = []
    for turn in turns:
        time.sleep(0.001)
        found.append(turn)
    return repr(found).encode()

def nobody_is_left():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""


def run(script: str) -> str:
    """What the script prints; that it ends well is sure."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEFORE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", [1, 3])
def test_every_turn_is_taken_once(number: int) -> None:
    run(f"""
        answers = shared_out(own, others, 500, {number})
        assert len(answers) == {number} and all(answers)
        theirs = [eval(answer) for answer in answers]
        assert sorted(taken + sum(theirs, [])) == list(range(500))
        assert taken and all(theirs), "each had a part"
        assert nobody_is_left()
    """)


def test_as_many_turns_as_a_pipe_holds() -> None:
    run("""
        own = taken.extend
        others = lambda turns: repr(list(turns)).encode()
        (answer,) = shared_out(own, others, forked_workers.MOST_TURNS, 1)
        assert sorted(taken + eval(answer)) == list(range(forked_workers.MOST_TURNS))
    """)


def test_an_answer_that_is_larger_than_a_pipe_arrives_whole() -> None:
    run("""
        (answer,) = shared_out(own, lambda turns: b"x" * 5_000_000, 3, 1)
        assert answer == b"x" * 5_000_000
    """)


@pytest.mark.parametrize(
    "end",
    ["raise ValueError", "raise KeyboardInterrupt", "sys.exit()", "os.kill(os.getpid(), 9)", "os._exit(3)"],
)
def test_one_that_ends_before_its_time_found_nothing_and_says_nothing(end: str) -> None:
    said = run(f"""
        print("said once", end="")

        def others(turns):
            next(turns)
            {end}

        assert shared_out(own, others, 100, 2) == [None, None]
        assert len(taken) == 98, "what they took is not done"
        assert nobody_is_left()
    """)
    assert said == "said once"


def test_an_answer_that_is_cut_off_is_none() -> None:
    run("""
        def others(turns):
            os.write(SINK, b"half of i")
            os.kill(os.getpid(), 9)

        made = forked_workers._do
        def do(work, sink):
            global SINK
            SINK = sink
            made(work, sink)
        forked_workers._do = do
        assert shared_out(own, others, 10, 1) == [None]
    """)


@pytest.mark.parametrize("kind", ["ValueError", "KeyboardInterrupt"])
def test_nobody_is_left_where_this_process_has_to_stop(kind: str) -> None:
    run(f"""
        def own(turns):
            raise {kind}("stop")

        def others(turns):
            time.sleep(60)

        start = time.monotonic()
        try:
            shared_out(own, others, 10, 3)
        except {kind}:
            assert nobody_is_left()
            assert time.monotonic() - start < 30
        else:
            raise AssertionError
    """)


def test_ctrl_c_is_heard_here_alone() -> None:
    said = run("""
        import signal

        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever began the tests may have turned it off

        def own(turns):
            print("heard", end="")
            sys.stdout.flush()
            os.kill(0, signal.SIGINT)  # as a terminal does: all processes of the group
            time.sleep(60)

        def others(turns):
            time.sleep(60)

        os.setsid()
        try:
            shared_out(own, others, 10, 3)
        except KeyboardInterrupt:
            assert nobody_is_left()
            assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
            print(" once")
    """)
    assert said == "heard once\n"


def test_a_system_that_gives_no_process() -> None:
    run("""
        def fork():
            raise BlockingIOError("no more processes")

        os.fork = fork
        assert shared_out(own, others, 10, 2) == [None, None]
        assert sorted(taken) == list(range(10))
    """)


def test_nothing_stays_open() -> None:
    run("""
        before = os.listdir("/proc/self/fd")
        shared_out(own, others, 10, 2)
        assert os.listdir("/proc/self/fd") == before
    """)


def test_how_many() -> None:
    run("""
        import threading
        os.sched_getaffinity = lambda _: set(range(2))
        assert forked_workers.spare() == 1
        os.sched_getaffinity = lambda _: set(range(64))
        assert forked_workers.spare() == forked_workers.MOST
        os.sched_getaffinity = lambda _: {0}
        assert forked_workers.spare() == 0
        os.sched_getaffinity = lambda _: set(range(64))
        os.listdir = lambda _: ["1", "2"]
        assert forked_workers.spare() == 0, "a library's thread"

        def listdir(_):
            raise FileNotFoundError("no /proc")

        os.listdir = listdir
        assert forked_workers.spare() == 0
        os.listdir = lambda _: ["1"]
        assert forked_workers.spare() == forked_workers.MOST
        sys.platform = "darwin"
        assert forked_workers.spare() == 0
    """)


def test_a_process_with_threads_is_not_forked() -> None:
    ending = threading.Event()
    thread = threading.Thread(target=ending.wait)
    thread.start()
    assert forked_workers.spare() == 0
    ending.set()
    thread.join()


READING = Path(__file__).parent / "shared_reading.py"


def test_files_that_were_shared_out_are_read_as_by_one() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(READING)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(READING.parents[2]), str(READING.parent)])},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["shared", "failing", "kept"]
