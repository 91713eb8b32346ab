"""SB326."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import NewUniqueness


class AddedUniqueness:
    """Rows must be unique that running code may insert twice."""

    code = "SB326"
    severity = Severity.WARNING
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, NewUniqueness):
                usage, text = each.found.usage, str(each.found.definition)
                name = each.found.name if each.found.name != text else ""
                constraint = f"constraint {name}, {text}" if name else text
                message = f"table {usage.table} has {constraint}, and the code of {case.code_ref} may insert equal rows ({usage})"
                rule = tighten(usage, case.field(usage), f"{text} before it saves")
                yield broken(self, case, each, message, rule, name)
