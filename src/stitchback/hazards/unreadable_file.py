"""SB101."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class UnreadableFile:
    """A file in a migrations folder contains no migration that stitchback can read: it has a syntax error,
    conflict markers or no Migration class, or it is too large or not text.
    """

    code = "SB101"
    severity = Severity.ERROR
    remedy = "Correct the file, or leave its folder out with `exclude` in pyproject.toml."

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            for unreadable in tree.unreadable:
                if not unreadable.is_python2:
                    yield Finding(self.code, self.severity, tree.ref, unreadable.span, unreadable.reason)
