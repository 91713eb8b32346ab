"""Work in threads that nobody has to wait for."""

from __future__ import annotations

import threading
import time

import pytest

from stitchback.adapters.deadlines import Job, run_jobs, within
from stitchback.errors import EnvironmentProblem

LATE = EnvironmentProblem("SB645", "too late")


def test_what_the_work_returns() -> None:
    assert within(5, lambda: 7, LATE) == 7


def test_what_the_work_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0, LATE)


def test_too_late() -> None:
    began = time.monotonic()
    with pytest.raises(EnvironmentProblem, match="too late"):
        within(0.3, threading.Event().wait, LATE)
    assert time.monotonic() - began < 5


def test_who_beats_is_not_late() -> None:
    def work(job: Job) -> None:
        for _ in range(8):
            job.beat()
            time.sleep(0.1)

    job = Job(work)
    run_jobs([job], 0.5, 1)
    assert not job.late


def test_a_late_one_makes_room_for_the_next() -> None:
    ended: list[Job] = []
    jobs = [Job(lambda job: threading.Event().wait() and None), Job(lambda job: None), Job(lambda job: None)]
    run_jobs(jobs, 0.3, 1, ended.append)
    assert ended == jobs
    assert [job.late for job in jobs] == [True, False, False]


def test_no_more_than_so_many_at_a_time() -> None:
    running, most = set[Job](), list[int]()

    def work(job: Job) -> None:
        running.add(job)
        most.append(len(running))
        time.sleep(0.02)
        running.discard(job)

    run_jobs([Job(work) for _ in range(12)], 5, 3)
    assert (len(most), max(most) <= 3) == (12, True)
