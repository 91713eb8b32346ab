"""`stitchback status`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import echo


@click.command("status")
@options.patches
@options.onto
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="Output format; sarif and github print the findings only.",
)
@click.pass_obj
def command(session: CommandContext, patches: tuple[str, ...], onto: str, output_format: str) -> int:
    """Compare the migrations of patch branches with mainline since the fork point, and report findings.

    Without PATCH: the merge, rebase or cherry-pick that is not finished, if there is one; otherwise one line for each
    release branch (patch_branches in pyproject.toml; default: release/*, stable/*, hotfix/* and similar names, local and remote).

    Exit 0: nothing to do. 1: something is left to reconcile, or there are findings.
    """
    from stitchback.api.cached_status import StatusRequest, answer_status

    if not patches:
        from stitchback.api import Project
        from stitchback.api.comparing import being_merged
        from stitchback.api.overview import overview
        from stitchback.reporting import render_overview

        with Project.open(session.directory) as project:
            if project.repository.unfinished() is not None and project.repository.is_checked_out(onto):
                patches = being_merged(project)
            elif output_format in ("text", "json"):
                found = overview(project, onto, session.remark)
                echo(render_overview(found, output_format), output_format)
                return found.exit_code
            else:
                raise click.UsageError(f"--format {output_format} is about named branches: name one")
    answer = answer_status(session.directory, StatusRequest(patches, onto, output_format, session.verbose))
    echo(answer.text, output_format, nl=bool(answer.text))
    return answer.exit_code
