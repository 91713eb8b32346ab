"""SB626: the schema is not what the ledger tells."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.outcomes import Repair


class SchemaDiffers:
    """The database lacks what its ledger says was made, or has what no applied migration makes.

    Only names of tables, columns, indexes and constraints are looked at, and of columns NULL and length. No migration will ever say so: a
    column that is missing surfaces when it is asked for (FACTS F4, F6, F17). Rows cannot mend it; a new migration, a bridge
    (`stitchback plan --strategy bridge`), or a hand can.
    """

    code = "SB626"
    severity = Severity.ERROR
    title = "the schema is not what the ledger tells"

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        for text in outcome.mismatches if isinstance(outcome, Repair) else ():
            yield examined.finding(self, None, text)
