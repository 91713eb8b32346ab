"""SB624: a database of mainline that lacks the row of what was stitched in below it."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class MissingStitchedRow:
    """A mainline migration made here what a stitched migration makes now, and the row that says so is missing (FACTS F9, F12).

    Databases of mainline that had applied it before the release was stitched in need the row of the release's migration, before the
    deploy: Django refuses otherwise, or makes the column twice. `repair` prints it, proved against this very ledger.
    """

    code = "SB624"
    severity = Severity.ERROR
    title = "the row of a stitched migration is missing"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if not claim.certain:
                yield examined.finding(
                    self, claim.key, claim.reason, "`repair` puts in the row, before the deploy"
                )
