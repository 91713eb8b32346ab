"""Forks processes that do part of the work, if the system and the process allow it.

If a worker dies, the parent does its share and raises any error itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

MOST = 3  # more than that have too little to do each
MOST_TURNS = 8192  # two bytes each, in a pipe that holds 16 KiB at least
Turns = Iterator[int]


def spare() -> int:
    """How many could work beside this process. None where it has threads: what they hold would stay held in the other process. And none but
    on Linux, the only system where this was tried."""
    if sys.platform != "linux" or _has_threads():
        return 0
    return min(len(os.sched_getaffinity(0)) - 1, MOST)


def _has_threads() -> bool:
    """Whether the process has other threads, Python's or a library's; also True if this cannot be determined."""
    try:
        return len(os.listdir("/proc/self/task")) > 1
    except OSError:
        return True


def shared_out(
    own: Callable[[Turns], object], others: Callable[[Turns], bytes], turns: int, helpers: int
) -> list[bytes | None]:
    """Runs `own` here and `others` in that many processes: each takes turns (numbers below `turns`, each assigned once) until none are left. Returns
    the results of the others, None for one that failed; no process remains."""
    with contextlib.ExitStack() as ending:
        queue = _queue(turns)
        ending.callback(os.close, queue)
        started = [ending.enter_context(_Helper(lambda: others(_taken(queue)))) for _ in range(helpers)]
        own(_taken(queue))
        return [helper.found() for helper in started]


def _queue(turns: int) -> int:
    """A pipe out of which the turns come, to whichever process reads first."""
    assert turns <= MOST_TURNS, "they must be in it before anybody reads"
    queue, sink = os.pipe()
    with open(sink, "wb") as pipe:
        pipe.write(b"".join(turn.to_bytes(2, "big") for turn in range(turns)))
    return queue


def _taken(queue: int) -> Turns:
    while turn := os.read(queue, 2):
        yield int.from_bytes(turn, "big")


class _Helper(contextlib.AbstractContextManager["_Helper"]):
    def __init__(self, work: Callable[[], bytes]) -> None:
        self._pid: int | None = None
        self._pipe, sink = os.pipe()
        with contextlib.suppress(OSError):  # the system has no process left to give: nothing will be found
            self._pid = _forked(work, sink)
        os.close(sink)

    def found(self) -> bytes | None:
        with open(self._pipe, "rb", closefd=False) as pipe:
            content = pipe.read()
        return content if self._ended() == 0 else None

    def _ended(self) -> int | None:
        """Its exit status; None where there was no such process, or there is none any more."""
        pid, self._pid = self._pid, None
        return None if pid is None else os.waitpid(pid, 0)[1]

    def __exit__(self, *_: object) -> None:
        os.close(self._pipe)
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
        self._ended()


def _forked(work: Callable[[], bytes], sink: int) -> int:
    """The new process. It hears no Ctrl-C: this one does, and ends it. Raises OSError where there is none to be had."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pid = os.fork()
        if pid == 0:
            _do(work, sink)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do(work: Callable[[], bytes], sink: int) -> NoReturn:
    """In the new process, which ends here whatever happens, and without a word: what else is open in it belongs to the other one."""
    status = 1
    try:
        with open(sink, "wb") as pipe:
            pipe.write(work())
        status = 0
    finally:
        os._exit(status)
