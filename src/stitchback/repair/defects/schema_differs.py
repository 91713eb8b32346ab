"""SB626: the schema differs from the recorded migrations."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.repair.defects.defect import Examined
from stitchback.repair.outcomes import Repair


class SchemaDiffers:
    """The database lacks something that its applied migrations create, or has something that none of them
    creates.

    stitchback compares the names of tables, columns, indexes and constraints, and NULL and length of
    columns, nothing else. `migrate` never reports such a difference: a missing column shows when it is
    queried (FACTS F4, F6, F17). Changing rows cannot correct it. Write a new migration or a bridge
    (`stitchback plan --strategy bridge PATCH`), or change the schema with SQL.
    """

    code = "SB626"
    severity = Severity.ERROR
    title = "the schema differs from the ledger"

    def find(self, examined: Examined) -> Iterator[Finding]:
        outcome = examined.outcome
        for text in outcome.mismatches if isinstance(outcome, Repair) else ():
            yield examined.finding(self, None, text)
