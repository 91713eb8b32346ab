"""SB623: an applied migration that Django will run again."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class RunsAgain:
    """A migration was applied, and Django will run it again: now, or with the next release (FACTS F7, F8,
    F22).

    For a migration with `replaces`, Django checks whether the replaced migrations are applied, and ignores
    the migration's own row. So a migration that was applied before `replaces` was added does not count as
    applied; nor does one whose `replaces` was removed too early. "No migrations to apply" proves nothing
    here: Django creates the column a second time with the next migration. `repair` inserts the missing row.
    """

    code = "SB623"
    severity = Severity.ERROR
    title = "Django will run an applied migration again"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if claim.certain:
                yield examined.finding(self, claim.key, claim.reason, "`repair` inserts the missing row.")
