"""SB629: a migration of which a part was done."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.outcomes import Unrepairable


class StoppedHalfWay:
    """A `migrate` was killed within a migration, on an engine that commits each DDL statement by itself.

    MySQL, MariaDB and Oracle keep what was done before the kill, as every engine does where a migration says `atomic = False`; the row is written at
    the end, so the ledger knows nothing of it, and the next `migrate` meets what is there already. No row can mend that, for the rest would never be
    done. Take back by hand what is done, or do the rest by hand (`manage.py sqlmigrate APP NAME` prints the statements) and put the row in.
    """

    code = "SB629"
    severity = Severity.ERROR
    title = "a migration was stopped half-way"

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        half = outcome.half_done if isinstance(outcome, Unrepairable) else None
        if half is not None:
            yield examined.finding(self, half.key, str(half), half.hint)
