"""SB102."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class OpaqueValue:
    """A migration since the fork point contains a value that only running its code would show: a list that a
    function fills, an operation class that is not in the tree, a computed value.
    """

    code = "SB102"
    severity = Severity.WARNING
    remedy = "Write the value into the file, or declare the class in `operation_equivalents`."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            sides = (
                (side.patch.tree.ref, side.sides.patch),
                (case.situation.mainline.ref, side.sides.mainline),
            )
            for ref, migrations in sides:
                for migration in migrations:
                    for opaque in migration.opaques:
                        yield Finding(
                            self.code, self.severity, ref, opaque.span, f"{migration.key}: {opaque.reason}"
                        )
