"""SB312."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class ReplacesMayGo:
    """The migrations that `replaces` names have no file any more, and each release has the migration with the same `replaces`: their
    databases have recorded it.
    """

    code = "SB312"
    severity = Severity.NOTE
    remedy = "Remove it if no database is older than these releases."

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        trees = [side.patch.tree for side in case.sides]
        if len(trees) < 2:
            return  # the base alone does not show which releases are installed
        for key in sorted(key for key, each in tree.migrations.items() if each.ghosts):
            migration = tree.migrations[key]
            recorded = all(
                other.migrations[key].replaces == migration.replaces if key in other.migrations else False
                for other in trees
            )
            if recorded and not any(ghost in tree.migrations for ghost in migration.ghosts):
                message = f"`replaces` of {key} may be removed: {', '.join(other.ref for other in trees)} have {key}, so databases that were migrated with them have its row"
                yield Finding(self.code, self.severity, tree.ref, Span(migration.path), message)
