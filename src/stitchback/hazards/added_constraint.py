"""SB327."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.recipes import tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.hazards.rolling_findings import broken
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import NewConstraint, NewReference


class AddedConstraint:
    """A check constraint or a foreign key refuses rows that running code may insert."""

    code = "SB327"
    severity = Severity.WARNING
    remedy = "Let one release keep the rule, and a later one add the constraint:"

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case NewConstraint(spot=spot, name=name, definition=text):
                    what = f"rows of {spot} that constraint {name} of table {spot.table} refuses: {text}"
                case NewReference(spot=spot, column=column, target=target):
                    name = ""
                    what = f"{spot} with a value that table {target} does not have: column {spot.table}.{column} refers to it"
                case _:
                    continue
            rule = tighten(spot, case.field(spot), "it saves no other rows")
            yield broken(self, case, each, f"{case.code_ref} may insert {what}", rule, name)
