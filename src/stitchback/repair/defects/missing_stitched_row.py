"""SB624: a database of mainline lacks the row of a migration that was stitched in as a dependency of an applied one."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class MissingStitchedRow:
    """On this database a mainline migration created what a stitched migration creates now, and the row that
    records it is missing (FACTS F9, F12).
    """

    code = "SB624"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if not claim.certain:
                yield examined.finding(
                    self,
                    claim.key,
                    claim.reason,
                    "`stitchback repair` prints the SQL that inserts the row (`--apply` runs it). Insert it before the deploy.",
                )
