"""SB327."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import NewConstraint, NewReference


class AddedConstraint:
    """A check constraint or a foreign key refuses rows that running code may insert."""

    code = "SB327"
    severity = Severity.WARNING
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case NewConstraint(usage=usage, name=name, definition=text):
                    what = f"table {usage.table} has constraint {name}, {text}, and the code of {case.code_ref} may insert other rows ({usage})"
                case NewReference(usage=usage, column=column, target=target):
                    name = ""
                    what = f"column {usage.table}.{column} refers to table {target}, and the code of {case.code_ref} may insert another value ({usage})"
                case _:
                    continue
            rule = tighten(usage, case.field(usage), "it saves no other rows")
            yield broken(self, case, each, what, rule, name)
