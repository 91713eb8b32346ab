"""SB108, and the comments with which a migration file suppresses findings: `# stitchback: ignore[SB302] reason`."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence

from stitchback.matching.case import Case
from stitchback.model.configuration import Suppression
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Span

WORD = "ignore"
_COMMENT = re.compile(rf"{WORD}\[(?P<codes>SB\d{{3}}(?:\s*,\s*SB\d{{3}})*)\]\s+(?P<reason>\S.*)")


class IgnoreWithoutReason:
    """A comment of a migration file is to suppress findings, and has no code or no reason."""

    code = "SB108"
    severity = Severity.ERROR
    remedy = "Write the code and the reason: `# stitchback: ignore[SB302] both are merged in 0009`."

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        for migration in tree.migrations.values():
            for line in _comments(migration):
                if _COMMENT.fullmatch(line) is None:
                    message = f"{migration.key}: the comment `stitchback: {line}` suppresses nothing"
                    yield Finding(self.code, self.severity, tree.ref, Span(migration.path), message)


def suppressions(configured: Sequence[Suppression], tree: Tree) -> tuple[Suppression, ...]:
    """Those of the configuration, and those of the comments in the tree's files, each for its own file."""
    return (
        *configured,
        *(each for migration in tree.migrations.values() for each in _suppressions_in(migration)),
    )


def _suppressions_in(migration: Migration) -> Iterator[Suppression]:
    for line in _comments(migration):
        match = _COMMENT.fullmatch(line)
        if match is not None:
            for code in match["codes"].split(","):
                yield Suppression(code.strip(), glob.escape(migration.path), match["reason"])


def _comments(migration: Migration) -> Iterator[str]:
    return (line for line in migration.provenance if line.startswith(WORD))
