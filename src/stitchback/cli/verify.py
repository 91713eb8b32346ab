"""`stitchback verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl
    from stitchback.api import PlanRequest
    from stitchback.api.checking import RollingRequest
    from stitchback.api.verifying import VerifyRequest


@click.command("verify")
@options.planning
@options.settings
@click.option(
    "--database",
    "urls",
    callback=options.servers,
    multiple=True,
    metavar="URL",
    help="Test on this server (default: SQLite files). verify creates new databases there and uses no existing one.",
)
@click.option(
    "--replay", default=None, metavar="GLOB", help="Also create databases of the releases with these tags."
)
@click.option(
    "--thorough",
    is_flag=True,
    help="Also on servers, try other ways to migrate: one app first, partial targets, stops (default: on SQLite only).",
)
@options.environment
@options.rolling
@options.code_first
@options.html
@options.output_format
@click.pass_obj
def command(
    session: CommandContext,
    wish: PlanRequest,
    settings: str | None,
    urls: tuple[DatabaseUrl | str, ...],
    replay: str | None,
    thorough: bool,
    environment: tuple[str, ...],
    rolling: tuple[str, str] | None,
    code_first: bool,
    html: str | None,
    output_format: str,
) -> int:
    """Test the plan before its deploy: create databases of every branch, migrate them with the project's own code, and compare schema, rows and django_migrations. Exit 1: something differs.

    With --rolling no plan is tested: OLD's own models query a database after each of NEW's migrations. Exit 1: a query fails.

    This runs the settings and migrations of mainline and of the patch branches, with the rights of the user who calls it.
    """
    if rolling is not None:
        from stitchback.api.checking import RollingRequest
        from stitchback.api.verifying import VerifyRequest

        request = VerifyRequest(urls or ("sqlite:///",), settings, environment=environment)
        return _rolling(session, RollingRequest(*rolling, code_first), request, html, output_format)
    from stitchback.api import Project, diffs_of, django_remark, make_plan
    from stitchback.api.runbooks import plan_page
    from stitchback.api.verifying import VerifyRequest, verify
    from stitchback.planning.outcomes import Planned
    from stitchback.reporting import render_plan, render_verified

    with Project.open(session.directory) as project:
        session.remark(
            f"verify runs the project's own code, of {wish.onto} and of {', '.join(wish.patches)}, with your rights"
        )
        with activity(session, "reading migrations") as progress:
            report = make_plan(project, wish, progress)
        diffs = diffs_of(project, report) if html else ()
        if not isinstance(report.outcome, Planned):
            echo(render_plan(report, output_format, verbose=session.verbose), output_format)
            session.write_page(html, lambda: plan_page(report, diffs))
            return report.exit_code
        session.warn(django_remark(project, report))
        trial = VerifyRequest(urls or ("sqlite:///",), settings, replay, thorough, environment)
        with activity(session, "verifying", session.remark) as progress:
            verified = verify(project, report, trial, progress)
    planned = len(report.outcome.chosen.proof.outcomes)
    echo(render_verified(verified.engines, planned, output_format), output_format)
    session.write_page(html, lambda: plan_page(report, diffs, verified.engines))
    return 0 if verified.went_well else 1


def _rolling(
    session: CommandContext,
    deploy: RollingRequest,
    request: VerifyRequest,
    html: str | None,
    output_format: str,
) -> int:
    from stitchback.api import Project
    from stitchback.api.verifying import verify_rolling
    from stitchback.reporting import render_rolling, render_rolling_page

    with Project.open(session.directory) as project:
        session.remark(
            f"verify runs the project's own code, of {deploy.old} and of {deploy.new}, with your rights"
        )
        with activity(session, "verifying", session.remark) as progress:
            runs = verify_rolling(project, deploy, request, progress)
    echo(render_rolling(runs, output_format), output_format)
    session.write_page(html, lambda: render_rolling_page(deploy.old, deploy.new, runs))
    return 0 if all(run.went_well for run in runs) else 1
