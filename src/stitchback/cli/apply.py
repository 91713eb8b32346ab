"""`stitchback apply`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, confirm, echo

if TYPE_CHECKING:
    from stitchback.api import PlanRequest


@click.command("apply")
@options.planning
@options.yes
@click.option(
    "--branch",
    default=None,
    metavar="NAME",
    help="Commit the files to this branch; the working tree stays unchanged.",
)
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    wish: PlanRequest,
    yes: bool,
    branch: str | None,
    output_format: str,
) -> int:
    """Write the plan's files into the working tree, or commit them to --branch. Writes all of them or none."""
    from stitchback.api import Project, django_remark, make_plan, prepare, write
    from stitchback.reporting import WORKING_TREE, render_after_apply, render_plan, render_written

    with Project.open(session.directory, writes=True) as project:
        with activity(session, "reading migrations") as progress:
            report = make_plan(project, wish, progress)
        session.warn(django_remark(project, report))
        if not report.would_change:
            echo(render_plan(report, output_format, verbose=session.verbose), output_format)
            return report.exit_code
        prepared = prepare(project, report, wish, branch)
        if not yes:
            echo(render_plan(report, "text", verbose=session.verbose), err=True)
            if not confirm("Write these files?"):
                session.remark("Nothing was written.")
                return 1
        written = write(project, prepared)
    for finding in report.findings:
        session.remark(f"{finding.code}: {finding.message}")
    echo(render_written(written.paths, written.branch or WORKING_TREE, output_format), output_format)
    if not session.quiet:
        after = render_after_apply(report, written.paths, written.branch, adds_nothing=written.adds_nothing)
        echo(f"\n{after}", err=True)
    return 0
