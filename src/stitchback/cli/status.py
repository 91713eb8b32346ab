"""`stitchback status`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo


@click.command("status")
@options.patches
@options.onto
@options.html
@options.findings_format
@click.pass_obj
def command(
    session: CommandContext, patches: tuple[str, ...], onto: str, html: str | None, output_format: str
) -> int:
    """Compare the migrations of patch branches with mainline since the fork point, and report findings.

    Without PATCH: the merge, rebase or cherry-pick that is not finished, if there is one; otherwise one line for each
    release branch (patch_branches in pyproject.toml; default: release/*, stable/*, hotfix/* and similar names, local and remote).

    Exit 0: nothing to do. 1: something is left to reconcile, or there are findings.
    """
    from stitchback.api import Project
    from stitchback.api.reading_cases import PlanRequest, being_merged, status
    from stitchback.reporting import render_overview, render_status, render_status_page

    with Project.open(session.directory) as project:
        if (
            not patches
            and project.repository.unfinished() is not None
            and project.repository.is_checked_out(onto)
        ):
            patches = being_merged(project)
        if patches:
            with activity(session, "reading and comparing migrations"):
                found = status(project, PlanRequest(patches, onto))
            text = render_status(found, output_format, verbose=session.verbose)
            echo(text, output_format, nl=bool(text))
            session.write_page(html, lambda: render_status_page(found))
            return 1 if found.findings or found.case.units else 0
        if output_format not in ("text", "json"):
            raise click.UsageError(f"--format {output_format} is about named branches: name one")
        from stitchback.api.release_branches import overview

        with activity(session, "reading migrations", session.remark) as progress:
            branches = overview(project, onto, progress)
        echo(render_overview(branches, output_format), output_format)
        session.write_page(html, lambda: render_status_page(branches))
        return branches.exit_code
