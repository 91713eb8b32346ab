"""SB326."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.hazards.rolling_findings import broken
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import NewUniqueness


class AddedUniqueness:
    """Rows must be unique that running code may insert twice."""

    code = "SB326"
    severity = Severity.WARNING
    remedy = "Let one release keep the values unique, and a later one add the constraint:"

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, NewUniqueness):
                spot, text = each.found.spot, each.found.definition
                name = each.found.name if each.found.name != text else ""
                constraint = f"constraint {name}, {text}" if name else text
                message = f"{case.code_ref} may insert equal rows of {spot}: table {spot.table} has {constraint}"
                rule = tighten(spot, case.field(spot), f"{text} before it saves")
                yield broken(self, case, each, message, rule, name)
