"""The group of commands. A command's module is imported only when it runs, so that `--help` is fast."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stitchback.adapters.urls import DatabaseUrl
    from stitchback.api.running_project import RunningProject

MOST_COLUMNS = 120  # longer lines are hard to read
# name -> (module in stitchback.cli, one line of help). To add a command: one module, one line here.
COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("status", "Compare the migrations of patch branches with mainline, and report findings."),
    "plan": (
        "plan",
        "Show a proved plan that brings patch branches into mainline; writes nothing.",
    ),
    "apply": ("apply", "Write the plan's files into the working tree, or commit them to a branch."),
    "resolve": ("resolve", "Resolve multiple leaf nodes, also in the middle of a merge or rebase."),
    "backport": ("backport", "Bring a mainline migration to a release branch, and stitch mainline."),
    "verify": ("verify", "Test the plan on new, real databases with the project's own code."),
    "check": ("check", "Check the migrations for what breaks databases; for CI and pre-commit."),
    "inspect": ("inspect", "Compare a database's django_migrations with the migrations of a ref."),
    "repair": ("repair", "Print (or run) the SQL that corrects a database's django_migrations."),
    "schema": ("schema", "Show the schema that the migrations of a ref create."),
    "graph": ("graph", "Show the migration graph of a ref, or of two refs in one picture."),
    "squash": ("squash", "Find, make and finish squashes: candidates, stitch, finish."),
    "explain": ("explain", "Explain the code of a finding or an error, such as SB201."),
    "demo": ("demo", "Run the whole workflow on a bundled sample repository."),
}


@dataclass(slots=True)
class CommandContext:
    """The context that all commands share. `directory`: what `Project.open` takes."""

    directory: str | RunningProject
    quiet: bool
    verbose: bool
    color: str

    def address(self, database: str) -> DatabaseUrl:
        """The address that a `--database` names. Of an alias, the routers of the running project are asked. Raises EnvironmentProblem."""
        from stitchback.api.running_project import RunningProject, address_of

        running = self.directory if isinstance(self.directory, RunningProject) else None
        found = address_of(database, running)
        if running is not None and found.alias:
            self.directory = running.reading(found.alias)
        return found

    def remark(self, text: str) -> None:
        """Prints a remark for the user on stderr."""
        from stitchback.cli.output import echo
        from stitchback.reporting.escaping import visible  # names are untrusted

        if not self.quiet:
            echo(visible(text), err=True)

    def warn(self, text: str | None) -> None:
        """Prints a remark, if there is one."""
        if text is not None:
            self.remark(text)

    def write_page(self, file: str | None, page: Callable[[], str]) -> None:
        """Writes the page of `--html FILE`, if it was given. Raises EnvironmentProblem."""
        if file is not None:
            from stitchback.api.runbooks import write_page

            self.remark(f"wrote {write_page(Path(file), page())}")


def _switch(name: str, flag: str, text: str) -> click.Option:
    """An option of the group that every command takes too."""

    def turn_on(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.obj, name, True)

    return click.Option([flag], is_flag=True, expose_value=False, callback=turn_on, help=text)


QUIET, VERBOSE = "Print no remarks on stderr.", "Print more details."
SWITCHES = (_switch("quiet", "-q", QUIET), _switch("verbose", "-v", VERBOSE))


class LazyGroup(click.Group):
    """A group that imports a command on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"stitchback.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        command.params += [switch for switch in SWITCHES if switch not in command.params]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: Sequence[tuple[str, str]] = [(name, line) for name, (_, line) in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C", "directory", default=None, metavar="DIR", help="The Django project's folder (default: here)."
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="When to use colours.",
)
@click.option("-q", "quiet", is_flag=True, help=QUIET)
@click.option("-v", "verbose", is_flag=True, help=VERBOSE)
@click.version_option(package_name="stitchback")
@click.pass_context
def cli(ctx: click.Context, directory: str | None, color: str, quiet: bool, verbose: bool) -> None:
    """Reconcile Django migrations that were made in parallel on two branches.

    A patch branch is a release branch with its hotfix; mainline is what is checked out, or --onto REF.

    \b
    Merge a hotfix branch:     stitchback plan release/2.4
                               stitchback apply release/2.4
    Multiple leaf nodes:       stitchback resolve
    Check a database:          stitchback inspect --database URL
    Repair django_migrations:  stitchback repair --database URL
    Try it on a sample:        stitchback demo
    """
    ctx.obj = CommandContext(_place(directory, ctx.obj), quiet, verbose, color)
    ctx.color = _color(color)
    if sys.stdout.isatty():
        from stitchback.reporting.layout import on_terminal

        ctx.with_resource(on_terminal(min(shutil.get_terminal_size().columns, MOST_COLUMNS)))


def _place(directory: str | None, running: RunningProject | None) -> str | RunningProject:
    """What `-C` says, in the running project if there is one."""
    if running is None:
        return directory or "."
    return running if directory is None else running.within(directory)


def _color(when: str) -> bool | None:
    """True or False if configured, or if NO_COLOR is set (https://no-color.org); None lets click check for a terminal."""
    import os

    if when == "auto":
        return False if os.environ.get("NO_COLOR") else None
    return when == "always"
