"""Prints all text to streams, and progress on stderr, only on a terminal. Names of branches, files and migrations are untrusted, and a CI service executes
some printed lines as commands: this module escapes every text so that it contains no command."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import click

from stitchback.reporting.escaping import harmless, harmless_in_json, harmless_in_line

if TYPE_CHECKING:
    from stitchback.cli.group import CommandContext

MAKE_HARMLESS: dict[str, Callable[[str], str]] = {
    "text": harmless,
    "json": harmless_in_json,
    "sarif": harmless_in_json,
    "gitlab": harmless_in_json,
    "markdown": harmless,
    "mermaid": harmless,
    "dot": harmless,
    "html": harmless_in_json,  # as in `html_reports.block`: changes nothing outside the data, or the policy's hashes would be wrong
    "github": harmless_in_line,  # its lines are intended commands
    "sql": lambda text: text,  # no character may change: `repair.quoting` writes special ones as numbers
}

PROGRAM = "stitchback"
_CALLED: ContextVar[str] = ContextVar("program", default=PROGRAM)


@contextmanager
def called(name: str) -> Iterator[None]:
    """Within the block, the commands that texts show begin with that: `manage.py stitchback` takes what `stitchback` does not."""
    token = _CALLED.set(name)
    try:
        yield
    finally:
        _CALLED.reset(token)


def program() -> str:
    """How the program was called."""
    return _CALLED.get()


def echo(text: str, output_format: str = "text", *, err: bool = False, nl: bool = True) -> None:
    """Prints the text on standard output or standard error."""
    harmless_text = MAKE_HARMLESS[output_format](text)
    click.echo(_as_called(harmless_text) if output_format == "text" else harmless_text, err=err, nl=nl)


def _as_called(text: str) -> str:
    """The text with its commands as the user calls them."""
    if program() == PROGRAM:
        return text
    from stitchback.cli.group import COMMANDS

    names = "|".join(COMMANDS)
    return re.sub(rf"(?<![\w./:-]){PROGRAM} (?=(?:{names})\b)", f"{program()} ", text)


def confirm(question: str) -> bool:
    """Whether the answer is yes. Raises click.Abort at the end of the input."""
    return click.confirm(harmless(question), err=True)


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
