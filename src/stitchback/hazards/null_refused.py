"""SB324."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import LostDefault, RefusedNull


class NullRefused:
    """A column becomes NOT NULL, or loses its default in the database, while code runs that leaves it NULL or to the database."""

    code = "SB324"
    severity = Severity.ERROR
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case RefusedNull(usage=usage, column=column):
                    what = f"column {usage.table}.{column} is NOT NULL, and the code of {case.code_ref} may insert NULL ({usage})"
                case LostDefault(usage=usage, column=column):
                    what = f"column {usage.table}.{column} has no default in the database, and the code of {case.code_ref} leaves its value to that ({usage})"
                case _:
                    continue
            rule = tighten(usage, case.field(usage), "it always writes a value")
            yield broken(self, case, each, what, rule)
