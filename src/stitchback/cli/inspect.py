"""`stitchback inspect`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import Session


@click.command("inspect")
@options.database
@options.ledger_file
@options.ref
@options.output_format
@click.pass_obj
def command(
    session: Session, database: str | None, ledger: str | None, ref: str | None, output_format: str
) -> int:
    """Where a database stands against a tree: its lineage, ghosts, defects, and what migrate will do. Exit 1: it needs a hand."""
    from stitchback.api import Project
    from stitchback.api.repairing import Source, inspect
    from stitchback.reporting import render_diagnosis

    source = Source.of(database, ledger)
    with Project.open(session.directory) as project:
        diagnosis = inspect(project, source, ref or "HEAD")
    click.echo(render_diagnosis(diagnosis, output_format))
    return 1 if diagnosis.needs_a_hand else 0
