"""`stitchback check`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo


@click.command("check")
@click.option(
    "--base",
    default=None,
    metavar="REF",
    help="Compare with the merge base of REF and HEAD (default: of the default branch and HEAD).",
)
@click.option(
    "--release",
    "releases",
    multiple=True,
    metavar="REF",
    help="A release whose databases must be able to upgrade (repeatable; default: the branches of patch_branches in pyproject.toml).",
)
@click.option(
    "--baseline",
    default=None,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Do not report the findings in this file (default: baseline in pyproject.toml).",
)
@click.option("--write-baseline", is_flag=True, help="Write the present findings into the baseline file.")
@options.rolling
@options.code_first
@options.findings_format
@click.pass_obj
def command(
    session: CommandContext,
    base: str | None,
    releases: tuple[str, ...],
    baseline: str | None,
    write_baseline: bool,
    rolling: tuple[str, str] | None,
    code_first: bool,
    output_format: str,
) -> int:
    """Check the migrations of the working tree for what breaks databases. For CI and pre-commit, without a database.

    It compares them with those of the base, which databases may have applied, and with those of release branches.

    Exit 0: no findings, or only notes. 1: findings.
    """
    from stitchback.api import Project
    from stitchback.api.checking import CheckRequest, RollingRequest, check
    from stitchback.reporting import render_check

    with Project.open(session.directory) as project, activity(session, "reading and comparing migrations"):
        deploy = None if rolling is None else RollingRequest(*rolling, code_first)
        report = check(project, CheckRequest(base, releases, baseline, write_baseline, deploy))
    text = render_check(report, output_format, verbose=session.verbose)
    echo(text, output_format, nl=bool(text))
    if report.outdated:
        session.remark(
            f"{_entries(report.outdated)}: `stitchback check --write-baseline` removes what is outdated."
        )
    return report.exit_code


def _entries(number: int) -> str:
    return (
        "1 entry of the baseline file no longer occurs"
        if number == 1
        else f"{number} entries of the baseline file no longer occur"
    )
