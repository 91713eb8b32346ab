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

    Exit 0: nothing to do. 1: something is left to reconcile, or there are findings.
    """
    from stitchback.api.cached_status import StatusRequest, answer_status

    answer = answer_status(session.directory, StatusRequest(patches, onto, output_format, session.verbose))
    echo(answer.text, output_format, nl=bool(answer.text))
    return answer.exit_code
