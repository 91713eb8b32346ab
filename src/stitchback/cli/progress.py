"""Progress on stderr, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stitchback.cli.group import CommandContext


@contextmanager
def activity(
    session: CommandContext, label: str, otherwise: Callable[[str], None] = lambda _: None
) -> Iterator[Callable[[str], None]]:
    """A function that the caller calls with what it does next. `otherwise` is that function if stderr is not a terminal."""
    if not _is_shown(session):
        yield otherwise
        return
    from stitchback.reporting.progress_line import shown

    with shown(label, colored=session.color != "never") as work:
        yield work.name


@contextmanager
def bar(session: CommandContext, total: int, label: str) -> Iterator[Callable[[int, int], None]]:
    """A function that the caller calls with the number of finished items and the total."""
    if not _is_shown(session):
        yield lambda done, of: None
        return
    from stitchback.reporting.progress_line import shown

    with shown(label, total, colored=session.color != "never") as work:
        yield work.advance


def _is_shown(session: CommandContext) -> bool:
    return not session.quiet and sys.stderr.isatty()
