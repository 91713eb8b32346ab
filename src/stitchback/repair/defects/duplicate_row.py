"""SB620: a migration with more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.ledger_edits import rows_of


class DuplicateRow:
    """A migration has more than one row in `django_migrations` (FACTS F5)."""

    code = "SB620"
    severity = Severity.WARNING

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in examined.ledger.duplicates:
            count = len(rows_of(examined.ledger, key))
            yield examined.finding(
                self,
                key,
                f"{key} has {count} rows",
                "`stitchback repair` prints the SQL that keeps only the oldest row (`--apply` runs it).",
            )
