"""The one place where errors become exit codes (DESIGN, Commands)."""

from __future__ import annotations

import gc
import sys
import traceback

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
    """The exit code of the command line with these arguments."""
    try:
        code = cli.main(args=arguments, prog_name="stitchback", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except StitchbackError as error:
        _say(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: nothing more is written", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone: nothing is left to say it to
        return 1
    except Exception:  # noqa: BLE001 - the boundary: whatever comes here is a bug
        _report_bug()
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
