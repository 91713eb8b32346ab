"""`stitchback schema`."""

from __future__ import annotations

import click

from stitchback.cli import options
from stitchback.cli.group import CommandContext
from stitchback.cli.output import activity, echo


@click.command("schema")
@click.argument("ref", required=False, metavar="[REF]")
@options.apps
@click.option("--diff", "other", default=None, metavar="REF2", help="Show how the schema of REF2 differs.")
@options.output_format
@click.pass_obj
def command(
    session: CommandContext, ref: str | None, apps: tuple[str, ...], other: str | None, output_format: str
) -> int:
    """Show the schema that the migrations of REF create (default: the working tree).

    Exit 0; with --diff 1 where the two differ.
    """
    from stitchback.api.project import Project
    from stitchback.api.schema import compare_schemas, read_schema
    from stitchback.reporting import render_schema, render_schema_difference

    with Project.open(session.directory) as project:
        if other is None:
            with activity(session, "reading migrations"):
                read = read_schema(project, ref, apps)
            echo(render_schema(read.ref, read.commit, read.models, read.opaque, output_format), output_format)
            return 0
        with activity(session, "reading and comparing migrations"):
            found = compare_schemas(project, ref, other, apps)
    echo(
        render_schema_difference(found.ref, found.other, found.differences, found.opaque, output_format),
        output_format,
    )
    return 1 if found.differences else 0
