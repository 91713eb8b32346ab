"""`stitchback backport`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, confirm, echo


@click.command("backport")
@click.argument("migrations", nargs=-1, required=True, metavar="MIGRATION...")
@click.option("--to", "release", required=True, metavar="REF", help="The release branch.")
@options.onto
@options.yes
@click.option(
    "--dry-run", is_flag=True, help="Show what would be written, as diffs; exit 1 where it is anything."
)
@click.option(
    "--branch",
    default=None,
    metavar="NAME",
    help="Commit the release's files to this new branch on top of --to (default: to the release branch itself).",
)
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    migrations: tuple[str, ...],
    release: str,
    onto: str,
    yes: bool,
    dry_run: bool,
    branch: str | None,
    output_format: str,
) -> int:
    """Bring mainline migrations (APP.NAME) to a release branch, and stitch mainline in the same run.

    The release gets the same operations on its own leaf node: under the same name where that is proved, else under its next number.
    The files are committed to the release branch or to --branch; mainline's are written into the working tree.
    Exit 1: something would be written. 3: it could not be proved.
    """
    from stitchback.api.backporting import (
        BackportRequest,
        backport,
        diffs_of_backport,
        prepare_backport,
        write_backport,
    )
    from stitchback.api.project import Project
    from stitchback.reporting import render_after_backport, render_backport, render_backported

    wish = BackportRequest(migrations, release, onto)
    with Project.open(session.directory, writes=not dry_run) as project:
        with activity(session, "reading migrations") as progress:
            report = backport(project, wish, progress)
        if dry_run or not report.is_proved:
            diffs = diffs_of_backport(project, report) if dry_run else ()
            echo(render_backport(report, output_format, diffs, verbose=session.verbose), output_format)
            return report.exit_code
        prepared = prepare_backport(project, wish, report, branch)
        if not yes:
            echo(render_backport(report, "text", verbose=session.verbose), err=True)
            if not confirm(f"Commit to {prepared.branch}, and write these files?"):
                session.remark("Nothing was written.")
                return 1
        written = write_backport(project, prepared)
    paths = written.stitched.paths if written.stitched is not None else ()
    echo(render_backported(report, written.branch, written.commit, paths, output_format), output_format)
    if not session.quiet:
        echo(f"\n{render_after_backport(report, written.branch, paths)}", err=True)
    return 0
