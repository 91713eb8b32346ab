"""`stitchback squash`: candidates, stitch, finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import SWITCHES, CommandContext
from stitchback.cli.output import activity, confirm, echo

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl

labels = click.argument("apps", nargs=-1, required=True, metavar="APP...")
dry_run = click.option(
    "--dry-run", is_flag=True, help="Show what would be written, as diffs; exit 1 where it is anything."
)


@click.group("squash")
def command() -> None:
    """Find migrations that can be squashed, squash them from the models of a release, and finish squashes.

    \b
    What can be squashed?         stitchback squash candidates
    Squash up to a release:       stitchback squash stitch shop billing --at v2.10
    Remove the old files later:   stitchback squash finish shop --fleet FILE
    """


@command.command("candidates")
@click.argument("ref", required=False)
@options.apps
@options.output_format
@click.pass_obj
def candidates(session: CommandContext, ref: str | None, apps: tuple[str, ...], output_format: str) -> int:
    """List linear runs of migrations at REF (default: the working tree) that `squashmigrations` can replace by one, what each would save,
    and what keeps the neighbours out. Runs no code of the project. Exit 0."""
    from stitchback.api import Project
    from stitchback.api.squash_candidates import find_squash_candidates
    from stitchback.reporting import render_candidates

    with Project.open(session.directory) as project, activity(session, "reading migrations"):
        report = find_squash_candidates(project, ref or "HEAD", apps)
    echo(render_candidates(report, output_format, verbose=session.verbose), output_format)
    return 0


@command.command("stitch")
@labels
@click.option(
    "--at",
    default="HEAD",
    metavar="REF",
    help="Replace the migrations that the apps have at this ref, such as the tag of a release (default: HEAD).",
)
@click.option(
    "--remove",
    is_flag=True,
    help="Remove the old files at once: databases must be at the ref before the deploy.",
)
@click.option(
    "--database",
    "urls",
    multiple=True,
    callback=options.servers,
    metavar="URL",
    help="Also create a database by the old files and one by the squash on this server (sqlite:/// for files), compare them, and report both times. No existing database is used.",
)
@dry_run
@options.yes
@options.settings
@options.environment
@options.output_format
@click.pass_obj
def stitch(
    session: CommandContext,
    apps: tuple[str, ...],
    at: str,
    remove: bool,
    urls: tuple[DatabaseUrl | str, ...],
    dry_run: bool,
    yes: bool,
    settings: str | None,
    environment: tuple[str, ...],
    output_format: str,
) -> int:
    """Replace all migrations that APPs have at a ref by new ones, which the project's own `makemigrations` creates from the models at that ref.

    Apps that depend on each other are squashed together. Data operations that are not elidable are carried over. The result is proved for
    every database that the old migrations can have made.

    This runs the project's code at that ref, with the rights of the user who calls it. Exit 0: written. 1: something would be written.
    3: refused.
    """
    from stitchback.api import Project
    from stitchback.api.squashing import (
        StitchRequest,
        built,
        contents_of_squash,
        diffs_of_squash,
        how_to_run,
        prepared,
        stitch,
    )
    from stitchback.api.writing_plans import write
    from stitchback.reporting import render_after_squash, render_squash, render_squashed

    with Project.open(session.directory, writes=not dry_run) as project:
        session.remark(f"squash stitch runs the project's own code at {at}, with your rights")
        wish = StitchRequest(apps, at, remove, how_to_run(project, settings, environment))
        with activity(session, "reading migrations") as progress:
            found = stitch(project, wish, progress)
        contents = contents_of_squash(project, found)
        with activity(session, "building databases"):
            report = built(project, found.report, contents, urls, wish.how)
        if dry_run or not contents:
            diffs = diffs_of_squash(project, contents, report.tree)
            echo(render_squash(report, output_format, diffs, verbose=session.verbose), output_format)
            return report.exit_code
        ready = prepared(project, report, contents)
        if not yes:
            echo(render_squash(report, "text", verbose=session.verbose), err=True)
            if not confirm("Write this?"):
                session.remark("Nothing was written.")
                return 1
        written = write(project, ready)
    echo(render_squashed(report, written.paths, output_format), output_format)
    if not session.quiet:
        echo(f"\n{render_after_squash(report, written.paths)}", err=True)
    return 0


@command.command("finish")
@labels
@click.option(
    "--database",
    "databases",
    multiple=True,
    callback=options.addresses,
    metavar="URL",
    help="A live database that must be there (repeatable); with manage.py also an alias of DATABASES.",
)
@options.ledgers
@options.fleet
@options.schemas
@click.option(
    "--released-before",
    default=None,
    metavar="DATE|REF",
    help="Every database was migrated with a release of this ref or later, or since this day (YYYY-MM-DD).",
)
@options.timeout
@dry_run
@options.yes
@options.output_format
@click.pass_obj
def finish(
    session: CommandContext,
    apps: tuple[str, ...],
    databases: tuple[DatabaseUrl, ...],
    ledgers: tuple[str, ...],
    fleet: str | None,
    schemas: DatabaseUrl | None,
    released_before: str | None,
    timeout: int,
    dry_run: bool,
    yes: bool,
    output_format: str,
) -> int:
    """Turn the squashes of APPs into ordinary migrations: dependencies of every app are re-pointed, `replaces` and the old files are removed.

    Only if each database that is named has recorded the squashes; else the databases that have not are listed, and nothing is written.
    Exit 0: written, or nothing to finish. 1: something would be written, or a database is not there yet. 3: refused.
    """
    from stitchback.api import Project
    from stitchback.api.fleets import tenants_of
    from stitchback.api.squashing import FinishRequest, contents_of_finish, diffs_of_squash, finish, prepared
    from stitchback.api.writing_plans import write
    from stitchback.model.plans import SafePlan
    from stitchback.reporting import render_after_squash, render_finish, render_finished

    if not (databases or ledgers or fleet or schemas or released_before):
        raise click.UsageError(
            "which databases are there already? Add --database URL, --ledger FILE, --fleet FILE, --schemas URL or --released-before DATE|REF"
        )
    tenants = tenants_of(fleet, schemas, timeout) if fleet or schemas else ()
    with Project.open(session.directory, writes=not dry_run) as project:
        wish = FinishRequest(apps, databases, ledgers, tenants, released_before, timeout)
        with activity(session, "reading migrations") as progress:
            found = finish(project, wish, progress)
        report = found.report
        if report is None or not isinstance(report.outcome, SafePlan):
            echo(render_finish(found, output_format, verbose=session.verbose), output_format)
            return found.exit_code
        contents = contents_of_finish(project, report)
        if dry_run:
            diffs = diffs_of_squash(project, contents, report.tree)
            echo(render_finish(found, output_format, diffs, verbose=session.verbose), output_format)
            return found.exit_code
        ready = prepared(project, report, contents)
        if not yes:
            echo(render_finish(found, "text", verbose=session.verbose), err=True)
            if not confirm("Write this?"):
                session.remark("Nothing was written.")
                return 1
        written = write(project, ready)
    echo(render_finished(found, written.paths, output_format), output_format)
    if not session.quiet:
        echo(f"\n{render_after_squash(report, written.paths)}", err=True)
    return 0


for each in command.commands.values():
    each.params += SWITCHES
