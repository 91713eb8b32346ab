"""SB623: an applied migration that Django will run again."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.repair_outcomes import Repair
from stitchback.repair.unrecorded import UnrecordedMigration


class RunsAgain:
    """A migration was applied, and Django will run it again: now, or with the next release (FACTS F7, F8,
    F22). Where only its name was applied, and the database lacks what it does, it has to run.
    """

    code = "SB623"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        for claim in examined.hidden:
            if claim.certain and not has_to_run(claim, examined):
                yield examined.finding(
                    self,
                    claim.key,
                    claim.reason,
                    "`stitchback repair` prints the SQL that inserts the missing row (`--apply` runs it).",
                )


def has_to_run(claim: UnrecordedMigration, examined: Examined) -> bool:
    """Whether the proved outcome gives the database no row for it: `migrate` runs it, and ends right."""
    outcome = examined.outcome
    return isinstance(outcome, Repair) and not examined.accounts.counts(claim.key, outcome.after.keys)
