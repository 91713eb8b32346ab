"""`stitchback status`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import Session


@click.command("status")
@options.patches
@options.onto
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How to print it; sarif and github print the findings alone.",
)
@click.pass_obj
def command(session: Session, patches: tuple[str, ...], onto: str, output_format: str) -> int:
    """What each side has since the fork point, what matches, and what to look out for. Exit 1 where there is something."""
    from stitchback.api import Project, Wish, status
    from stitchback.reporting import render_status

    with Project.open(session.directory) as project:
        found = status(project, Wish(patches, onto))
    text = render_status(found, output_format, verbose=session.verbose)
    click.echo(text, nl=bool(text))
    return 1 if found.findings or found.case.units else 0
