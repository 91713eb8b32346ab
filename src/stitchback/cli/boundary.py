"""The one place where errors become exit codes (DESIGN, Commands)."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from itertools import pairwise

import click

from stitchback.cli.group import cli
from stitchback.errors import StitchbackError

BUG = 4
INTERRUPTED = 130
SELDOM = (
    500_000,
    20,
    100,
)  # a command lives for seconds and makes few cycles: looking for them took half the time of a proof


def main() -> None:
    """Runs the command line and exits: never 0 on a failure."""
    gc.set_threshold(*SELDOM)
    code = run(sys.argv[1:])
    gc.freeze()  # Python would look through all that was read once more, on its way out
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of the command line with these arguments. With `--format json` there is one JSON document on stdout, whatever happens."""
    if not wants_json(arguments):
        return _run(arguments, lambda error, code: None)
    printed = StringIO()

    def tell(error: BaseException, code: int) -> None:
        from stitchback.reporting.document import dump, error_document

        printed.seek(0)
        printed.truncate()
        printed.write(f"{dump(error_document(error, code))}\n")

    with redirect_stdout(printed):
        code = _run(arguments, tell)
    click.echo(printed.getvalue(), nl=False)
    return code


def wants_json(arguments: list[str]) -> bool:
    """By the arguments as they are: a usage error comes before any of them is parsed."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _run(arguments: list[str], tell: Callable[[BaseException, int], None]) -> int:
    try:
        code = cli.main(args=arguments, prog_name="stitchback", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except StitchbackError as error:
        _say(error)
        tell(error, error.exit_code)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        tell(error, 2)
        return 2
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo("interrupted: nothing more is written", err=True)
        tell(error, INTERRUPTED)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone: nothing is left to say it to
        return 1
    except Exception as error:  # noqa: BLE001 - the boundary: whatever comes here is a bug
        _report_bug()
        tell(error, BUG)
        return BUG


def _say(error: StitchbackError) -> None:
    from stitchback.reporting.style import harmless, visible  # names of branches and files may be anybody's

    head = f"{click.style('error', fg='red', bold=True)}[{error.code}]: {visible(error.message)}"
    lines = [head, *(f"  {visible(line)}" for line in error.evidence)]
    if error.hint:
        lines.append(f"{click.style('hint', fg='cyan')}: {visible(error.hint)}")
    lines += (f"  {visible(line)}" for line in error.example)
    click.echo(harmless("\n".join(lines)), err=True)


def _report_bug() -> None:
    from stitchback import __version__

    traceback.print_exc()
    click.echo(
        f"This is a bug in stitchback {__version__}: nothing was written after it. Please report the lines above, "
        "the command, and the versions of Python and Django.",
        err=True,
    )
