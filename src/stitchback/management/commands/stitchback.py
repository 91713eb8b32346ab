"""`manage.py stitchback`: the same commands and options as `stitchback`, with the project's settings.

The arguments go to the click group unparsed, so that there is one set of options.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):  # type: ignore[misc]
    """`requires_system_checks` is empty: `manage.py stitchback resolve` corrects what a check reports."""

    help = "Reconcile Django migrations that were made in parallel on two branches."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as BaseCommand declares it

    def run_from_argv(self, argv: list[str]) -> None:
        """Runs the command line and exits with its code."""
        from stitchback.cli.boundary import main

        main(argv[2:], _running())

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """`manage.py help stitchback`."""
        _run(["--help"])

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """For `call_command("stitchback", "status", "release/2.4")`."""
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *_: str, arguments: list[str], **options: Any) -> None:
        """Raises CommandError with the exit code as its `returncode`, where that is not 0."""
        with redirect_stdout(self.stdout._out), redirect_stderr(self.stderr._out):
            code = _run(arguments)
        if code:
            raise CommandError(f"stitchback {' '.join(arguments)}: exit code {code}", returncode=code)


def _run(arguments: list[str]) -> int:
    from stitchback.cli.boundary import run

    return run(arguments, _running())


def _running() -> Any:
    from stitchback.django_app.running import running_project

    return running_project(sys.argv[0])
