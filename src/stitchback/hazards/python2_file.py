"""SB103."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class Python2File:
    """A migration can be parsed by Python 2 only: `36L`, `print x`, `except X, e`.

    It is read as what Python 3 has for it, so that the branch can be compared. But no Django that runs on Python 3 can import the file:
    with that tree checked out it stops at a syntax error, whatever the plan says. On a branch of old it is history; on mainline bring the
    file to Python 3 (a `36` in place of `36L` changes no database). Such a file is never edited, and nothing of its code is copied (SB544).
    """

    code = "SB103"
    severity = Severity.WARNING
    title = "a migration file is Python 2"

    def find(self, case: Case) -> Iterator[Finding]:
        situation = case.situation
        for tree in (situation.mainline, *(patch.tree for patch in situation.patches)):
            for migration in tree.migrations.values():
                if migration.python2 is not None:
                    message = f"{migration.key} is Python 2: read, but no Django on Python 3 can import it"
                    yield Finding(self.code, self.severity, tree.ref, migration.python2, message)
