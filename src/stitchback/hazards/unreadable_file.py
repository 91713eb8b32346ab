"""SB101."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class UnreadableFile:
    """A file in a migrations folder gives no migration: a syntax error, conflict markers, no Migration class, a file that is too
    large or is no text.

    Django would stop there with that branch checked out. stitchback goes on without the file: whatever depends on it has a
    missing parent. Mend the file on its branch and run the command again.
    """

    code = "SB101"
    severity = Severity.ERROR
    title = "a migration file cannot be read"

    def find(self, case: Case) -> Iterator[Finding]:
        situation = case.situation
        for tree in (situation.mainline, *(patch.tree for patch in situation.patches)):
            for unreadable in tree.unreadable:
                if not unreadable.is_python2:
                    yield Finding(self.code, self.severity, tree.ref, unreadable.span, unreadable.reason)
