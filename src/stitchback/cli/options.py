"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

patches = click.argument("patches", nargs=-1, required=True, metavar="PATCH...")
onto = click.option("--onto", default="HEAD", metavar="REF", help="Mainline (default: what is checked out).")
ref = click.option(
    "--ref", default=None, metavar="REF", help="The tree to hold it against (default: the working tree)."
)
database = click.option(
    "--database", default=None, metavar="URL", help="A live database: sqlite:////absolute/path …"
)
ledger_file = click.option(
    "--ledger", default=None, type=click.Path(exists=True, dir_okay=False), help="A ledger in a file."
)
yes = click.option("--yes", is_flag=True, help="Do not ask.")
output_format = click.option(
    "--format", "output_format", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)


def planning(command: Command) -> Command:
    """The options that say which plan is wanted."""
    for option in reversed(
        (
            click.option(
                "--strategy", default=None, metavar="NAME", help="Take this strategy where it can be proved."
            ),
            click.option("--zero-touch", is_flag=True, help="No database may need a hand."),
            click.option(
                "--unreleased-since",
                default=None,
                metavar="REF",
                help="No database has applied what mainline added since this ref.",
            ),
            click.option(
                "--ledger",
                "ledgers",
                multiple=True,
                type=click.Path(exists=True, dir_okay=False),
                help="A ledger that the plan must serve as well (CSV, JSON, showmigrations text).",
            ),
        )
    ):
        command = option(command)
    return command
