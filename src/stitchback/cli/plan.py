"""`stitchback plan`."""

from __future__ import annotations

from pathlib import Path

import click

from stitchback.cli import options
from stitchback.cli.group import Session


@click.command("plan")
@options.patches
@options.onto
@options.planning
@click.option("--diff", is_flag=True, help="Show what the files would become.")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default=None,
    metavar="DIR",
    help="Put the runbook and the SQL there.",
)
@options.output_format
@click.pass_obj
def command(
    session: Session,
    patches: tuple[str, ...],
    onto: str,
    strategy: str | None,
    zero_touch: bool,
    unreleased_since: str | None,
    ledgers: tuple[str, ...],
    diff: bool,
    out: str | None,
    output_format: str,
) -> int:
    """A proved plan to reconcile patch branches with mainline. Writes nothing into the tree.

    Exit 0: nothing to do. 1: this plan would change something. 3: no plan could be proved.
    """
    from stitchback.api import Project, Wish, diffs_of, make_plan
    from stitchback.api.repairing import read_ledgers
    from stitchback.api.runbooks import write_out
    from stitchback.reporting import render_plan

    wish = Wish(patches, onto, strategy, zero_touch, unreleased_since, read_ledgers(ledgers))
    with Project.open(session.directory) as project:
        report = make_plan(project, wish)
        diffs = diffs_of(project, report) if diff else ()
        click.echo(render_plan(report, output_format, diffs, verbose=session.verbose))
    if out:
        for path in write_out(report, Path(out)):
            session.remark(f"wrote {path}")
    return report.exit_code
