"""SB103."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class Python2File:
    """A migration file contains syntax that Python 3 does not have."""

    code = "SB103"
    severity = Severity.ERROR
    remedy = ""

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            for unreadable in tree.unreadable:
                if unreadable.is_python2:
                    hint = f"Write {unreadable.span.path} for Python 3 on its branch, then run the command again."
                    yield Finding(
                        self.code, self.severity, tree.ref, unreadable.span, unreadable.reason, hint
                    )
