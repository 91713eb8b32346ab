"""SB622: a migration that is not applied below one that is."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.recorder_rules import Order
from stitchback.repair.schema_search import NodeRelatives


class MissingParentRow:
    """A migration is not applied, and one that depends on it is.

    Django refuses every `migrate` with `InconsistentMigrationHistory`. A row was lost, or a row says what was never done, or the
    parents of the upper migration were changed after it was applied (FACTS F13, F30). Which one it is, the schema tells: `repair
    --database` looks. Where parents were changed, the files are to be mended: `stitchback plan` hangs the migration where it was.
    """

    code = "SB622"
    severity = Severity.ERROR
    title = "a hole in the history"

    def find(self, examined: Examined) -> Iterator[Finding]:
        standing = examined.standing
        lineage = NodeRelatives(Order(examined.accounts, standing.nodes))
        claimed = {claim.key for claim in examined.hidden}
        for key in sorted(standing.made):
            for parent in sorted(lineage.parents[key] - standing.made - claimed):
                yield examined.finding(
                    self, key, f"{key} is applied, and {parent}, on which it depends, is not"
                )
