"""Progress on the terminal's stderr, for work that takes longer than a second."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stitchback.reporting.escaping import visible

if TYPE_CHECKING:
    from rich.progress import Progress

DELAY = 1.0  # seconds: what is done sooner shows nothing, and imports nothing


class WorkInProgress:
    """What is being done, and how much of it."""

    def __init__(self, label: str, total: int | None, *, colored: bool) -> None:
        """`total`: the number of items, None if it is unknown."""
        self._label = visible(label)
        self._total = total
        self._done = 0
        self._colored = colored
        self._bar: Progress | None = None
        self._lock = threading.Lock()  # a timer's thread shows it

    def name(self, label: str) -> None:
        """Says what is being done now. `label` may come from an untrusted branch."""
        self._label = visible(label)
        self._update()

    def advance(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        self._update()

    def show(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        counts = () if self._total is None else (BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True, no_color=None if self._colored else True)
        with self._lock:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                *counts,
                TimeElapsedColumn(),
                console=console,
                transient=True,
            )
            self._bar.add_task(self._label, total=self._total, completed=self._done)
            self._bar.start()

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _update(self) -> None:
        with self._lock:
            if self._bar is not None:
                (task,) = self._bar.task_ids
                self._bar.update(task, description=self._label, total=self._total, completed=self._done)


@contextmanager
def shown(label: str, total: int | None = None, *, colored: bool = True) -> Iterator[WorkInProgress]:
    """Shows the work from its second second on, and removes the line at the end."""
    work = WorkInProgress(label, total, colored=colored)
    timer = threading.Timer(DELAY, work.show)
    timer.daemon = True
    timer.start()
    try:
        yield work
    finally:
        timer.cancel()
        timer.join()
        work.end()
