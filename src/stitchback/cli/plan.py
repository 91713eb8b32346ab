"""`stitchback plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo

if TYPE_CHECKING:
    from stitchback.api import PlanRequest


@click.command("plan")
@options.planning
@click.option("--diff", is_flag=True, help="Show the changes of the files as a diff.")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default=None,
    metavar="DIR",
    help="Write the runbook, the SQL scripts and the page of --html into this folder.",
)
@options.html
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    wish: PlanRequest,
    diff: bool,
    out: str | None,
    html: str | None,
    output_format: str,
) -> int:
    """Show a proved plan that brings patch branches into mainline. Writes nothing into the tree.

    Exit 0: nothing to do. 1: the plan changes files, or its proof has findings. 3: refused, no plan could be proved.
    """
    from stitchback.api import Project, diffs_of, django_remark, make_plan
    from stitchback.reporting import render_plan

    with Project.open(session.directory) as project:
        with activity(session, "reading migrations") as progress:
            report = make_plan(project, wish, progress)
        diffs = diffs_of(project, report) if diff or out or html else ()
        session.warn(django_remark(project, report))
        echo(
            render_plan(report, output_format, diffs if diff else (), verbose=session.verbose), output_format
        )
    if out or html:
        from stitchback.api.runbooks import plan_page, write_out

        for path in write_out(report, Path(out), diffs) if out else ():
            session.remark(f"wrote {path}")
        session.write_page(html, lambda: plan_page(report, diffs))
    return report.exit_code
