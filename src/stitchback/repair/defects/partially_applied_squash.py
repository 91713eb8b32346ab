"""SB625: a part of what a migration replaces is applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class PartiallyAppliedSquash:
    """Of what a migration replaces a part is applied, and the files of the rest are gone (FACTS F6).

    Django takes the replacer out of its graph: in mid-chain it says "multiple leaf nodes", elsewhere nothing at all, and the missing part of
    the schema is never made. Deploy the last version that still has the replaced files first, or let `repair --database` look whether the rest is there.
    """

    code = "SB625"
    severity = Severity.ERROR
    title = "a part of what is replaced is applied"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in sorted(examined.standing.torn):
            there = [
                str(target) for target in examined.accounts.targets(key) if target in examined.ledger.keys
            ]
            lost = [
                str(target) for target in examined.accounts.targets(key) if target not in examined.ledger.keys
            ]
            yield examined.finding(
                self, key, f"{key} replaces {', '.join(there)}, applied, and {', '.join(lost)}, not applied"
            )
