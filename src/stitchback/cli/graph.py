"""`stitchback graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl

MOST_REFS = 2


@click.command("graph")
@click.argument("refs", nargs=-1, metavar="[REF [REF2]]")
@options.apps
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "mermaid", "dot", "json", "html"]),
    default="text",
    help="Output format; Mermaid, DOT (Graphviz) and HTML (one file for a browser) show all migrations.",
)
@options.database
@click.pass_obj
def command(
    session: CommandContext,
    refs: tuple[str, ...],
    apps: tuple[str, ...],
    output_format: str,
    database: DatabaseUrl | None,
) -> int:
    """Show the migration graph of REF (default: the working tree), newest first; or a patch branch REF and mainline REF2 in one picture.

    With --database, each migration is marked as `showmigrations` does: [X] applied, [ ] not applied, [-] a squashed migration that
    Django counts as applied but has not recorded.

    Exit 0. 2: a ref or the database cannot be read.
    """
    from stitchback.api import Project
    from stitchback.api.graphing import graph
    from stitchback.reporting import render_graph

    if len(refs) > MOST_REFS:
        raise click.UsageError(f"at most {MOST_REFS} refs can be shown in one picture")
    with Project.open(session.directory) as project, activity(session, "reading migrations"):
        picture = graph(project, refs, apps, database)
    echo(render_graph(picture, output_format, verbose=session.verbose), output_format)
    return 0
