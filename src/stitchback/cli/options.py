"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

import click

from stitchback.reporting import SERVICES

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl
    from stitchback.model.ledger import Ledger

patches = click.argument(
    "patches", nargs=-1, required=False, metavar="[PATCH...]"
)  # left out: what git is merging
onto = click.option(
    "--onto",
    default="HEAD",
    metavar="REF",
    help="Mainline (default: what is checked out, with uncommitted files).",
)
ref = click.option(
    "--ref",
    default=None,
    metavar="REF",
    help="Compare with the migrations of this git ref (default: the working tree).",
)
apps = click.option("--app", "apps", multiple=True, metavar="LABEL", help="Only this app (repeatable).")


def _address(ctx: click.Context, _: click.Parameter, database: str | None) -> DatabaseUrl | None:
    """The address that the option names: a URL, or with `manage.py stitchback` an alias of DATABASES."""
    found: DatabaseUrl | None = None if database is None else ctx.obj.address(database)
    return found


def addresses(ctx: click.Context, _: click.Parameter, databases: tuple[str, ...]) -> tuple[DatabaseUrl, ...]:
    """The same for an option that can be repeated."""
    return tuple(map(ctx.obj.address, databases))


def servers(
    ctx: click.Context, _: click.Parameter, databases: tuple[str, ...]
) -> tuple[DatabaseUrl | str, ...]:
    """The same for servers: their URLs need no name of a database."""
    return tuple(each if "://" in each else ctx.obj.address(each) for each in databases)


database = click.option(
    "--database",
    callback=_address,
    default=None,
    metavar="URL",
    help="A live database, such as sqlite:////absolute/path or postgresql://user@host/name; with manage.py also an alias of DATABASES.",
)
ledger_file = click.option(
    "--ledger",
    default=None,
    type=click.Path(exists=True, dir_okay=False),
    help="A file with the rows of django_migrations (CSV, JSON, showmigrations, psql, mysql).",
)
fleet = click.option(
    "--fleet",
    default=None,
    type=click.Path(exists=True, dir_okay=False),
    help="Many databases: a file with one URL on each line.",
)
schemas = click.option(
    "--schemas",
    callback=_address,
    default=None,
    metavar="URL",
    help="All schemas of one PostgreSQL database that have a django_migrations.",
)
elsewhere = click.option(
    "--app-in-other-database",
    "elsewhere",
    multiple=True,
    metavar="APP",
    help="The tables of this app are in another database (repeatable).",
)
timeout = click.option(
    "--timeout",
    type=click.IntRange(1, 3600),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="Limit for connecting, for a lock, and for a statement.",
)


def _two_refs(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, str] | None:
    """ "OLD..NEW" as two refs; "OLD.." up to what is checked out."""
    if value is None:
        return None
    old, between, new = value.partition("..")
    if not old or not between or new.startswith(".") or ".." in new:
        raise click.BadParameter(f"{value!r} is not OLD..NEW, such as v2.4..HEAD", context, option)
    return old, new or "HEAD"


rolling = click.option(
    "--rolling",
    default=None,
    callback=_two_refs,
    metavar="OLD..NEW",
    help="A deploy from one release to another: whether code of OLD works after each of NEW's migrations.",
)
code_first = click.option(
    "--code-first", is_flag=True, help="With --rolling: NEW's code is deployed before NEW's migrations."
)
html = click.option(
    "--html",
    type=click.Path(dir_okay=False),
    default=None,
    metavar="FILE",
    help="Also write the report as a page for the browser.",
)
yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
settings = click.option(
    "--settings",
    default=None,
    metavar="MODULE",
    help="The project's settings (default: what manage.py names).",
)
environment = click.option(
    "--env",
    "environment",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Pass this environment variable on to the project's code (default: only PATH, HOME and the like).",
)
output_format = click.option(
    "--format", "output_format", type=click.Choice(["text", "json"]), default="text", help="Output format."
)
findings_format = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", *SERVICES]),
    default="text",
    help="Output format; all but text and json print the findings only.",
)


def not_for_fleets(**given: object) -> None:
    """Raises UsageError for the first of the options (name -> value) that was given together with --fleet or --schemas."""
    for name, value in given.items():
        if value:
            raise click.UsageError(
                f"--{name} is for one database and cannot be combined with --fleet or --schemas"
            )


ledgers = click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A ledger that the plan must work for as well (CSV, JSON, showmigrations text).",
)

_PLANNING = (
    patches,
    onto,
    click.option(
        "--strategy",
        "strategies",
        multiple=True,
        metavar="[APP=]NAME",
        help="Use this strategy wherever it can be proved, or in this app (repeatable).",
    ),
    click.option("--zero-touch", is_flag=True, help="Accept only plans that need no manual step."),
    click.option(
        "--unreleased-since",
        default=None,
        metavar="REF",
        help="Declare that no database has applied mainline's migrations since this ref.",
    ),
    ledgers,
)


def planning(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the refs and the options that select a plan: the command gets them as its `wish`."""

    @wraps(command)
    def wishing(
        *others: object,
        patches: tuple[str, ...],
        onto: str,
        strategies: tuple[str, ...],
        zero_touch: bool,
        unreleased_since: str | None,
        ledgers: tuple[str, ...],
        **named: object,
    ) -> int:
        from stitchback.api import PlanRequest

        strategy = ",".join(strategies) or None
        wish = PlanRequest(patches, onto, strategy, zero_touch, unreleased_since, read_ledger_files(ledgers))
        return command(*others, wish=wish, **named)

    for option in reversed(_PLANNING):
        wishing = option(wishing)
    return wishing


def read_ledger_files(files: tuple[str, ...]) -> tuple[Ledger, ...]:
    if not files:
        return ()
    from stitchback.api.repairing import read_ledgers

    return read_ledgers(files)
