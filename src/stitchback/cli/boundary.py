"""Converts errors to exit codes, for all commands (DESIGN, Commands)."""

from __future__ import annotations

import gc
import io
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from stitchback.cli.group import cli
from stitchback.cli.output import PROGRAM, called, echo, program
from stitchback.errors import StitchbackError

if TYPE_CHECKING:
    from stitchback.api.running_project import RunningProject

MANAGE = "python manage.py"
BUG = 4
INTERRUPTED = 130
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
SELDOM = (
    500_000,
    20,
    100,
)  # a command runs for seconds and creates few cycles: garbage collection took half the time of a proof


class Ended(KeyboardInterrupt):
    """A signal asks the process to end, as Ctrl-C does: it cleans up first."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _end(number: int, frame: object) -> None:
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)  # once is enough: the cleanup has begun
    raise Ended(number)


def hear_signals() -> None:
    """Makes SIGTERM and SIGHUP end the command as Ctrl-C does; signals that the caller ignores (nohup) stay ignored."""
    for each in ENDING:
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, _end)


def main(arguments: list[str] | None = None, running: RunningProject | None = None) -> None:
    """Runs the command line and exits; never with 0 after a failure. `running`: the project of `manage.py stitchback`."""
    hear_signals()
    gc.set_threshold(*SELDOM)
    code = run(sys.argv[1:] if arguments is None else arguments, running)
    gc.freeze()  # avoids a garbage collection of all objects at exit
    sys.exit(code)


def run(arguments: list[str], running: RunningProject | None = None) -> int:
    """The exit code of the command line with these arguments. With `--format json`, stdout always has exactly one JSON document."""
    with called(PROGRAM if running is None else f"{MANAGE} {PROGRAM}"):
        return _printing(arguments, running)


def _printing(arguments: list[str], running: RunningProject | None) -> int:
    if not wants_json(arguments):
        return _run(arguments, running, lambda error, code: None)
    printed = StringIO()

    def tell(error: BaseException, code: int) -> None:
        from stitchback.reporting.document import dump, error_document

        printed.seek(0)
        printed.truncate()
        printed.write(f"{dump(error_document(error, code))}\n")

    with redirect_stdout(printed):
        code = _run(arguments, running, tell)
    echo(printed.getvalue(), "json", nl=False)
    return code


def wants_json(arguments: list[str]) -> bool:
    """Whether the unparsed arguments request JSON: a usage error occurs before they are parsed."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _run(
    arguments: list[str], running: RunningProject | None, tell: Callable[[BaseException, int], None]
) -> int:
    try:
        code = cli.main(args=arguments, prog_name=program(), standalone_mode=False, obj=running)
        return code if isinstance(code, int) else 0
    except StitchbackError as error:
        _print_error(error)
        tell(error, error.exit_code)
        return error.exit_code
    except click.ClickException as error:
        _show(error)
        tell(error, 2)
        return 2
    except (click.Abort, KeyboardInterrupt) as error:
        code = _interrupted(error)
        tell(error, code)
        return code
    except BrokenPipeError:
        sys.stderr.close()  # the reader is closed: no output is possible
        return 1
    except Exception as error:  # noqa: BLE001 - the boundary: whatever comes here is a bug
        _report_bug()
        tell(error, BUG)
        return BUG


def _interrupted(error: BaseException) -> int:
    """Whether the user interrupted the command. Click raises its own Abort from every KeyboardInterrupt."""
    ended = next((each for each in (error, error.__cause__) if isinstance(each, Ended)), None)
    said = "interrupted" if ended is None else f"ended by {signal.Signals(ended.number).name}"
    echo(f"{said}: nothing more is written", err=True)
    return INTERRUPTED if ended is None else 128 + ended.number


def _show(error: click.ClickException) -> None:
    text = io.StringIO()
    error.show(text)
    echo(text.getvalue(), err=True, nl=False)


def _print_error(error: StitchbackError) -> None:
    from stitchback.reporting.escaping import visible  # names of branches and files are untrusted

    head = f"{click.style('error', fg='red', bold=True)}[{error.code}]: {visible(error.message)}"
    lines = [head, *(f"  {visible(line)}" for line in error.evidence)]
    if error.hint:
        lines.append(f"{click.style('hint', fg='cyan')}: {visible(error.hint)}")
    lines += (f"  {visible(line)}" for line in error.example)
    echo("\n".join(lines), err=True)


def _report_bug() -> None:
    from stitchback import __version__

    echo(traceback.format_exc(), err=True, nl=False)
    echo(
        f"This is a bug in stitchback {__version__}; it wrote nothing afterwards. Please report the lines above, "
        "the command, and the versions of Python and Django.",
        err=True,
    )
