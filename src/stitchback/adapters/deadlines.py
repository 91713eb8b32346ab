"""Runs blocking work in threads that the process does not wait for: an interrupt ends the command at once, and work that takes too long is abandoned.
A driver blocks in C, where Python's signals do not reach it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TypeVar

from stitchback.errors import StitchbackError

T = TypeVar("T")
POLL = 0.2  # seconds between two checks of who is late


@dataclass(slots=True, eq=False)
class Job:
    """`work` gets the job, and calls `beat` after each step. `late`: the job was abandoned."""

    work: Callable[[Job], None]
    last: float = 0.0
    late: bool = False
    error: BaseException | None = field(default=None)

    def beat(self) -> None:
        self.last = monotonic()

    def start(self, finished: SimpleQueue[Job]) -> None:
        self.beat()
        Thread(target=self._run, args=(finished,), daemon=True).start()

    def _run(self, finished: SimpleQueue[Job]) -> None:
        try:
            self.work(self)
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self.error = error
        finished.put(self)


def run_jobs(
    jobs: Sequence[Job], patience: float, workers: int, ended: Callable[[Job], None] = lambda job: None
) -> None:
    """Runs all jobs, at most `workers` at a time. A job that does not call `beat` for `patience` seconds is abandoned with its thread. `ended` is
    called for each job in this thread."""
    finished: SimpleQueue[Job] = SimpleQueue()
    waiting, running = deque(jobs), set[Job]()
    while waiting or running:
        while waiting and len(running) < workers:
            job = waiting.popleft()
            running.add(job)
            job.start(finished)
        try:
            ready = [finished.get(timeout=POLL)]
        except Empty:
            ready = []
        for job in [*ready, *_late(running, patience)]:
            if job in running:
                running.discard(job)
                ended(job)


def _late(running: set[Job], patience: float) -> list[Job]:
    late = [job for job in running if monotonic() - job.last > patience]
    for job in late:
        job.late = True
    return late


def within(patience: float, work: Callable[[], T], too_late: StitchbackError) -> T:
    """What `work` returns, or raises; raises `too_late` where it takes longer."""
    results: list[T] = []
    job = Job(lambda job: results.append(work()))
    run_jobs([job], patience, 1)
    if job.late:
        raise too_late
    if job.error is not None:
        raise job.error
    return results[0]
