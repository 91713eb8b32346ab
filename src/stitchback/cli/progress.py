"""Progress on stderr, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def bar(length: int, label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function that the caller calls with the number of finished items and the total."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, of: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as shown:
        yield lambda done, of: shown.update(done - shown.pos)
