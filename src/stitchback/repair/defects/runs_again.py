"""SB623: a migration that is applied and that Django will run again."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined


class RunsAgain:
    """A migration was applied, and Django will run it again: at once, or with the next release (FACTS F7, F8, F22).

    Of a migration with `replaces` Django looks at what is replaced only; its own row counts for nothing. So one that was applied before
    `replaces` was added does not count, and neither does one whose `replaces` was taken away too early. "No migrations to
    apply" proves nothing here: the column is made a second time when the next migration comes. `repair` puts in the row that is missing.
    """

    code = "SB623"
    severity = Severity.ERROR
    title = "Django will run an applied migration again"

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if claim.certain:
                yield examined.finding(
                    self, claim.key, claim.reason, "`repair` puts in the row that is missing"
                )
