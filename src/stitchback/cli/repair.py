"""`stitchback repair`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, bar, confirm, echo

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl
    from stitchback.api.repairing import RepairResult

ROWS_ONLY = "Only the rows were checked; with --database stitchback checks the schema too."


@click.command("repair")
@options.database
@options.ledger_file
@options.fleet
@options.schemas
@options.timeout
@click.option(
    "--out",
    default=None,
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the scripts of a fleet into this folder.",
)
@options.output_format
@options.ref
@options.elsewhere
@click.option(
    "--vendor",
    type=click.Choice(["sqlite", "postgresql", "mysql", "oracle"]),
    default=None,
    help="The database engine (needed with --ledger).",
)
@click.option(
    "--undo",
    type=click.Path(dir_okay=False),
    default=None,
    metavar="FILE",
    help="Write the undo script to FILE; never overwrites a file.",
)
@click.option(
    "--apply", "run", is_flag=True, help="Show the SQL, ask, and run it on that database in one transaction."
)
@options.yes
@click.pass_obj
def command(
    session: CommandContext,
    database: DatabaseUrl | None,
    ledger: str | None,
    fleet: str | None,
    schemas: DatabaseUrl | None,
    timeout: int,
    out: str | None,
    output_format: str,
    ref: str | None,
    elsewhere: tuple[str, ...],
    vendor: str | None,
    undo: str | None,
    run: bool,
    yes: bool,
) -> int:
    """Print the SQL that corrects a database's django_migrations, proved for this very database.

    Exit 0 and nothing on stdout: nothing has to be done. 1 and the SQL on stdout: this has to be. 3: no repair could be proved.
    """
    from stitchback.api import Project
    from stitchback.api.repairing import LedgerSource, apply_repair, refused, repair_ledger
    from stitchback.repair.repair_outcomes import Unrepairable
    from stitchback.reporting.repair_text import render_repair

    if fleet or schemas:
        options.not_for_fleets(database=database, ledger=ledger, vendor=vendor, undo=undo, apply=run, yes=yes)
        return _fleet(session, fleet, schemas, timeout, ref, elsewhere, out, output_format)
    if out:
        raise click.UsageError(
            "--out is for the scripts of a fleet: add --fleet or --schemas, or use --undo FILE"
        )
    if run and not database:
        raise click.UsageError("--apply needs --database")
    source = LedgerSource.of(database, ledger, timeout)
    with Project.open(session.directory) as project:
        project.answer_apps_elsewhere(elsewhere)
        with activity(session, "reading the database and proving the repair"):
            treatment = repair_ledger(project, source, ref or "HEAD", vendor)
    _remark(session, treatment.given.remarks)
    if isinstance(treatment.outcome, Unrepairable):
        raise refused(treatment.outcome)
    _remark(session, treatment.outcome.remarks)
    if treatment.script is None:
        session.remark(f"{treatment.given.ledger.source}: no manual step is needed")
    else:
        _show(session, treatment, undo, as_text=output_format == "text")
    applied = run and treatment.script is not None
    if applied and not yes:
        _show_again(treatment, output_format)
        applied = confirm("Run this SQL?")
        if not applied:
            session.remark("Nothing was run.")
    if applied:
        apply_repair(source, treatment)
        session.remark("Done: django_migrations now has the rows that were proved.")
    if output_format == "json":
        remarks = (*treatment.given.remarks, *treatment.outcome.remarks)
        echo(
            render_repair(treatment.outcome, treatment.script, treatment.fake, remarks, applied=applied),
            output_format,
        )
    return 1 if treatment.script is not None and not applied else 0


def _show(session: CommandContext, treatment: RepairResult, undo: str | None, *, as_text: bool) -> None:
    """Writes the undo script to its file, the script to stdout and remarks to stderr. Raises EnvironmentProblem as `write_undo` does."""
    from stitchback.api.repairing import write_undo
    from stitchback.reporting.repair_text import fake_words

    script = treatment.script
    assert script is not None
    if undo:
        write_undo(treatment, Path(undo))
    if as_text:
        echo(script.text, "sql", nl=False)
    remarks = [*([ROWS_ONLY] if treatment.given.schema is None else []), *fake_words(treatment.fake)]
    if undo:
        remarks.append(f"The undo script is {undo}")
    _remark(session, remarks, after_sql=as_text)


def _remark(session: CommandContext, remarks: Sequence[str], *, after_sql: bool = False) -> None:
    """Prints the remarks on stderr, after an empty line if the SQL comes before them."""
    from stitchback.reporting.repair_text import render_remarks

    if remarks and not session.quiet:
        echo(("\n" if after_sql else "") + render_remarks(remarks), err=True)


def _show_again(treatment: RepairResult, output_format: str) -> None:
    """Shows the SQL before the confirmation, if stdout has it only as part of a document."""
    if output_format == "json" and treatment.script is not None:
        echo(treatment.script.text, "sql", nl=False, err=True)


def _fleet(
    session: CommandContext,
    fleet: str | None,
    schemas: DatabaseUrl | None,
    timeout: int,
    ref: str | None,
    elsewhere: tuple[str, ...],
    out: str | None,
    output_format: str,
) -> int:
    """Prints one script for each group of tenants that need the same edits; reports and skips tenants that cannot be read."""
    from stitchback.api import Project
    from stitchback.api.fleets import repair_fleet, tenants_of, write_scripts
    from stitchback.reporting.fleet_text import render_fleet

    tenants = tenants_of(fleet, schemas, timeout)
    with (
        Project.open(session.directory) as project,
        bar(session, len(tenants), "reading databases") as advance,
    ):
        project.answer_apps_elsewhere(elsewhere)
        report = repair_fleet(project, tenants, ref or "HEAD", advance, timeout)
    echo(render_fleet(report.groups, report.unreached, output_format), output_format)
    for path in write_scripts(report, Path(out)) if out else ():
        session.remark(f"wrote {path}")
    return report.exit_code
