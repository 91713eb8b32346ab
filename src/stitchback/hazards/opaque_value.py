"""SB102."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class OpaqueValue:
    """Something in a migration since the fork point cannot be known without running its code: a list that a function fills, an
    operation class that the tree does not define, a value that is computed.

    It is never guessed. What it touches cannot be concluded on; the rest can. Write it plainly, or name a custom operation as equal
    to one of Django's: `[tool.stitchback.operation_equivalents]` with `"pkg.AddFieldSafely" = "AddField"`. Where it depends on a setting
    that is the same for every database of the project, say what it is: `[tool.stitchback.settings]` with `SKIP_HEAVY = false`; where it
    depends on which database it is and all are of one kind, `[tool.stitchback]` with `engines = ["postgresql"]`.
    """

    code = "SB102"
    severity = Severity.WARNING
    title = "a value cannot be read without running the code"

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
