"""`stitchback demo`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from stitchback.cli.group import CommandContext
from stitchback.cli.output import echo


@click.command("demo")
@click.option(
    "--keep",
    type=click.Path(file_okay=False),
    default=None,
    metavar="DIR",
    help="Keep the repository and the databases in this new folder.",
)
@click.pass_obj
def command(session: CommandContext, keep: str | None) -> int:
    """Run the whole workflow on a bundled sample repository, with real SQLite databases. Needs no server, and leaves nothing behind.

    Exit 0 only if all of it held.
    """
    if keep is not None:
        code = show(Path(keep).resolve())
        session.remark(f"the repository and the databases are in {keep}")
        return code
    with tempfile.TemporaryDirectory(prefix="stitchback_demo_") as folder:
        return show(Path(folder).resolve())


def show(folder: Path) -> int:
    """Prints the events as they happen; returns 0 if every check passed."""
    from stitchback.api.demonstration import demo
    from stitchback.reporting.demo_text import DemoReport

    report = DemoReport()
    for event in demo(folder):
        echo(report.rendered(event))
    echo(report.verdict())
    return 1 if report.failed else 0
