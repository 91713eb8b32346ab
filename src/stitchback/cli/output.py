"""The one place where text goes to a stream. Names of branches, files and migrations may be anybody's, and a CI service obeys some lines of
what is printed: here each text is made such that none of it is a command, whatever printed it."""

from __future__ import annotations

from collections.abc import Callable

import click

from stitchback.reporting.style import harmless, harmless_in_json, harmless_in_line

MAKE_HARMLESS: dict[str, Callable[[str], str]] = {
    "text": harmless,
    "json": harmless_in_json,
    "sarif": harmless_in_json,
    "github": harmless_in_line,  # its lines are commands, ours
    "sql": lambda text: (
        text
    ),  # not a character of it may be another one: `repair.quoting` spells those by number
}


def echo(text: str, output_format: str = "text", *, err: bool = False, nl: bool = True) -> None:
    """Prints it, on standard output or standard error."""
    click.echo(MAKE_HARMLESS[output_format](text), err=err, nl=nl)


def confirm(question: str) -> bool:
    """Whether the answer is yes. Raises click.Abort at the end of the input."""
    return click.confirm(harmless(question), err=True)
