"""SB629: a migration that was applied in part."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.outcomes import Unrepairable


class StoppedHalfWay:
    """A `migrate` was killed within a migration, on an engine that commits each DDL statement on its own.

    MySQL, MariaDB and Oracle keep the statements that ran before the kill, as every engine does for a
    migration with `atomic = False`. Django records the row last, so the ledger does not show it, and the
    next `migrate` fails because something exists already. Inserting the row is wrong, because the rest
    would never run. Either undo with SQL what was done and run `migrate` again; or do the rest with SQL
    (`python manage.py sqlmigrate APP NAME` prints the statements) and then insert the row.
    """

    code = "SB629"
    severity = Severity.ERROR
    title = "a migration was stopped half-way"

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        half = outcome.half_done if isinstance(outcome, Unrepairable) else None
        if half is not None:
            yield examined.finding(self, half.key, str(half), half.hint)
