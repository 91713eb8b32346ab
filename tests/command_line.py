"""The command line, in this process."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import json_documents

from stitchback.cli.boundary import run
from stitchback.errors import Refusal

REFUSED = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said."""

    exit_code: int
    out: str
    err: str


def stitchback(repository: Path, *arguments: str) -> Said:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["-C", str(repository), *arguments])
    json_documents.check(arguments, code, out.getvalue())
    return Said(code, out.getvalue(), err.getvalue())


def repair_script(repository: Path, url: str) -> str:
    """What `stitchback repair --database URL` prints against the working tree. Raises Refusal where it exits 3."""
    said = stitchback(repository, "repair", "--database", url)
    if said.exit_code == REFUSED:
        raise Refusal("", said.err)
    assert said.exit_code in (0, 1), f"repair exits {said.exit_code}: {said.err}{said.out}"
    assert bool(said.out.strip()) == (said.exit_code == 1), "SQL and exit 1, or neither"
    return said.out
