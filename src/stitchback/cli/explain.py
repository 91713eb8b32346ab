"""`stitchback explain`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.output import echo


@click.command("explain")
@click.argument("code", required=False, metavar="[CODE]")
@options.output_format
def command(code: str | None, output_format: str) -> int:
    """What a code means, why it matters, and what to do. Without CODE: the list of all codes."""
    from stitchback.api import explain
    from stitchback.reporting import render_page, render_pages
    from stitchback.reporting.pages import pages

    echo(
        render_page(explain(code), output_format) if code else render_pages(pages(), output_format),
        output_format,
    )
    return 0
