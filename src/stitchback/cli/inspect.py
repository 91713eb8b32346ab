"""`stitchback inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, bar, echo

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl


@click.command("inspect")
@options.database
@options.ledger_file
@options.fleet
@options.schemas
@options.timeout
@options.ref
@options.elsewhere
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    database: DatabaseUrl | None,
    ledger: str | None,
    fleet: str | None,
    schemas: DatabaseUrl | None,
    timeout: int,
    ref: str | None,
    elsewhere: tuple[str, ...],
    output_format: str,
) -> int:
    """Compare a database's django_migrations with the migrations of a ref: which branch it matches, what is wrong with its rows, and what migrate will do.

    Exit 0: no manual step is needed. 1: a manual step is needed. 2: the database cannot be read.
    """
    from stitchback.api import Project
    from stitchback.api.repairing import LedgerSource, inspect
    from stitchback.reporting import render_diagnosis

    if fleet or schemas:
        options.not_for_fleets(database=database, ledger=ledger)
        return _fleet(session, fleet, schemas, timeout, ref, elsewhere, output_format)
    source = LedgerSource.of(database, ledger, timeout)
    with Project.open(session.directory) as project:
        project.answer_apps_elsewhere(elsewhere)
        with activity(session, "reading the database and the migrations"):
            diagnosis = inspect(project, source, ref or "HEAD")
    echo(render_diagnosis(diagnosis, output_format), output_format)
    return 1 if diagnosis.needs_manual_step else 0


def _fleet(
    session: CommandContext,
    fleet: str | None,
    schemas: DatabaseUrl | None,
    timeout: int,
    ref: str | None,
    elsewhere: tuple[str, ...],
    output_format: str,
) -> int:
    """Reports equal databases once; reports and skips databases that cannot be read."""
    from stitchback.api import Project
    from stitchback.api.fleets import inspect_fleet, tenants_of
    from stitchback.reporting import render_standings

    tenants = tenants_of(fleet, schemas, timeout)
    with (
        Project.open(session.directory) as project,
        bar(session, len(tenants), "reading databases") as advance,
    ):
        project.answer_apps_elsewhere(elsewhere)
        found = inspect_fleet(project, tenants, ref or "HEAD", advance, timeout)
    echo(render_standings(found.groups, found.unreached, output_format), output_format)
    return found.exit_code
