"""SB101."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class UnreadableFile:
    """A file in a migrations folder contains no migration that stitchback can read: it has a syntax error,
    conflict markers or no Migration class, or it is too large or not text.

    Django stops at this file when the branch is checked out. stitchback continues without it, so migrations
    that depend on it have a missing dependency. Correct the file on its branch and run the command again.
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
