"""SB622: an applied migration depends on one that is not applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.recorder_rules import Order
from stitchback.repair.schema_search import NodeRelatives


class MissingParentRow:
    """A migration is not applied, and a migration that depends on it is."""

    code = "SB622"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        standing = examined.standing
        lineage = NodeRelatives(Order(examined.accounts, standing.nodes))
        claimed = {claim.key for claim in examined.hidden}
        for key in sorted(standing.made):
            for parent in sorted(lineage.parents[key] - standing.made - claimed):
                yield examined.finding(self, key, f"{key} is applied, and its dependency {parent} is not")
