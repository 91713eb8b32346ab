"""SB324."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.hazards.rolling_findings import broken
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import LostDefault, RefusedNull


class NullRefused:
    """A column becomes NOT NULL, or loses its default in the database, while code runs that leaves it NULL or to the database."""

    code = "SB324"
    severity = Severity.ERROR
    remedy = "Let one release always write a value, and a later one alter the column:"

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case RefusedNull(spot=spot, column=column):
                    what = f"may insert NULL for {spot}: column {spot.table}.{column} is NOT NULL"
                case LostDefault(spot=spot, column=column):
                    what = f"leaves the value of {spot} to the database: column {spot.table}.{column} has no default"
                case _:
                    continue
            rule = tighten(spot, case.field(spot), "it always writes a value")
            yield broken(self, case, each, f"{case.code_ref} {what}", rule)
