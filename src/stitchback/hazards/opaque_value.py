"""SB102."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity


class OpaqueValue:
    """A migration since the fork point contains a value that only running its code would show: a list that a
    function fills, an operation class that is not in the tree, a computed value.

    stitchback never guesses such a value. It draws no conclusion about what the value affects, and compares
    everything else. There are three ways to make it readable.

    Write the value plainly in the migration. Or declare that a custom operation is equal to one of
    Django's:

        [tool.stitchback.operation_equivalents]
        "pkg.AddFieldSafely" = "AddField"

    Or, where the value depends on a setting that is the same for every database of the project, or on the
    database engine, declare that in pyproject.toml:

        [tool.stitchback]
        engines = ["postgresql"]

        [tool.stitchback.settings]
        SKIP_HEAVY = false
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
