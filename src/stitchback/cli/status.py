"""`stitchback status`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import Session
from stitchback.cli.output import say


@click.command("status")
@options.patches
@options.onto
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How to print it; sarif and github print the findings alone.",
)
@click.pass_obj
def command(session: Session, patches: tuple[str, ...], onto: str, output_format: str) -> int:
    """What each side has since the fork point, what matches, and what to look out for. Exit 1 where there is something.

    Without PATCH: in the middle of a merge, rebase or cherry-pick about that; else one line for each branch that looks like a release
    (patch_branches in pyproject.toml; left out: release/*, stable/*, hotfix/* and the like, local and remote ones).
    """
    from stitchback.api.answering import Asked, answer_status

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
                say(render_overview(found, output_format), output_format)
                return found.exit_code
            else:
                raise click.UsageError(f"--format {output_format} is about named branches: name one")
    answer = answer_status(session.directory, Asked(patches, onto, output_format, session.verbose))
    say(answer.text, output_format, nl=bool(answer.text))
    return answer.exit_code
