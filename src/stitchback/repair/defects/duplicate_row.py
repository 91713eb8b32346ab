"""SB620: a migration with more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.edits import rows_of


class DuplicateRow:
    """A migration has more than one row in `django_migrations` (FACTS F5).

    The table has no unique constraint: two migrations that replace the same one, a faked squash on Django
    6, or two deploys at the same time can record a migration twice. Django ignores it until the migration
    is unapplied. `repair` keeps the oldest row.
    """

    code = "SB620"
    severity = Severity.WARNING
    title = "a duplicate row"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key in examined.ledger.duplicates:
            count = len(rows_of(examined.ledger, key))
            yield examined.finding(self, key, f"{key} has {count} rows", "`repair` keeps the oldest row.")
