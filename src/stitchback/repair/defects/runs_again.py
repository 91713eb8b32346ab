"""SB623: an applied migration that Django will run again."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class RunsAgain:
    """A migration was applied, and Django will run it again: now, or with the next release (FACTS F7, F8,
    F22).
    """

    code = "SB623"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if claim.certain:
                yield examined.finding(
                    self,
                    claim.key,
                    claim.reason,
                    "`stitchback repair` prints the SQL that inserts the missing row (`--apply` runs it).",
                )
