"""Prints all text to streams. Names of branches, files and migrations are untrusted, and a CI service executes some printed lines as commands: this
module escapes every text so that it contains no command."""

from __future__ import annotations

from collections.abc import Callable

import click

from stitchback.reporting.escaping import harmless, harmless_in_json, harmless_in_line

MAKE_HARMLESS: dict[str, Callable[[str], str]] = {
    "text": harmless,
    "json": harmless_in_json,
    "sarif": harmless_in_json,
    "gitlab": harmless_in_json,
    "markdown": harmless,
    "mermaid": harmless,
    "dot": harmless,
    "github": harmless_in_line,  # its lines are intended commands
    "sql": lambda text: text,  # no character may change: `repair.quoting` writes special ones as numbers
}


def echo(text: str, output_format: str = "text", *, err: bool = False, nl: bool = True) -> None:
    """Prints the text on standard output or standard error."""
    click.echo(MAKE_HARMLESS[output_format](text), err=err, nl=nl)


def confirm(question: str) -> bool:
    """Whether the answer is yes. Raises click.Abort at the end of the input."""
    return click.confirm(harmless(question), err=True)
