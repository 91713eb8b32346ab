"""SB626: the schema differs from the recorded migrations."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.repair_outcomes import Repair


class SchemaDiffers:
    """The database lacks something that its applied migrations create, or has something that none of them
    creates.
    """

    code = "SB626"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        for text in outcome.mismatches if isinstance(outcome, Repair) else ():
            yield examined.finding(self, None, text)
