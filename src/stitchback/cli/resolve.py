"""`stitchback resolve`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, confirm, echo


@click.command("resolve")
@options.yes
@click.option(
    "--dry-run", is_flag=True, help="Show what would be written, as diffs; exit 1 where it is anything."
)
@click.option("--strategy", default=None, metavar="NAME", help="Take this strategy where it can be proved.")
@options.ledgers
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    yes: bool,
    dry_run: bool,
    strategy: str | None,
    ledgers: tuple[str, ...],
    output_format: str,
) -> int:
    """Resolve multiple leaf nodes in the working tree: "Conflicting migrations detected".

    The other side is found without an argument: the merge, rebase or cherry-pick that is going on, uncommitted files, the last merge.
    Exit 0: nothing to resolve, or written. 1: something would be written. 3: no plan could be proved.
    """
    from stitchback.api import Project, diffs_of, django_remark
    from stitchback.api.resolving import ResolveRequest, resolve, write_resolution
    from stitchback.reporting import render_resolution, render_resolved

    with Project.open(session.directory, writes=not dry_run) as project:
        request = ResolveRequest(strategy, options.read_ledger_files(ledgers))
        with activity(session, "reading migrations") as progress:
            found = resolve(project, request, progress)
        report = found.report
        if report is not None:
            session.warn(django_remark(project, report))
        if report is None or dry_run or not report.would_change:
            diffs = diffs_of(project, report) if report is not None and dry_run else ()
            echo(render_resolution(found, output_format, diffs, verbose=session.verbose), output_format)
            if report is None and project.repository.unfinished() is not None:
                session.remark("`stitchback plan` compares the two sides all the same.")
            return found.exit_code
        if not yes:
            echo(render_resolution(found, "text", verbose=session.verbose, asks=True), err=True)
            if not confirm("Write this?"):
                session.remark("Nothing was written.")
                return 1
        written = write_resolution(project, found)
    echo(render_resolved(found, written.paths, output_format), output_format)
    if not session.quiet:
        from stitchback.reporting import render_after_resolve

        after = render_after_resolve(found, written.paths, written.kept, adds_nothing=written.adds_nothing)
        echo(f"\n{after}", err=True)
    return 0
