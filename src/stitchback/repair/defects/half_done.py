"""SB629: a migration that was applied in part."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.repair_outcomes import Unrepairable


class StoppedHalfWay:
    """A `migrate` was killed within a migration, on an engine that commits each DDL statement on its own."""

    code = "SB629"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        half = outcome.half_done if isinstance(outcome, Unrepairable) else None
        if half is not None:
            yield examined.finding(self, half.key, str(half), half.hint)
