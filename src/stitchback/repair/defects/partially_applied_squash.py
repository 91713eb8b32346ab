"""SB625: only some of the migrations that a migration replaces are applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class PartiallyAppliedSquash:
    """Some of the migrations that a migration replaces are applied, and the files of the others are gone
    (FACTS F6).
    """

    code = "SB625"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in sorted(examined.standing.partial):
            there = [
                str(target) for target in examined.accounts.targets(key) if target in examined.ledger.keys
            ]
            lost = [
                str(target) for target in examined.accounts.targets(key) if target not in examined.ledger.keys
            ]
            yield examined.finding(
                self, key, f"{key} replaces {', '.join(there)}, applied, and {', '.join(lost)}, not applied"
            )
