"""SB301."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class MissingParent:
    """A migration depends on a migration that its own branch does not have: a backport copied the file without
    its dependency.

    With that branch checked out Django stops with `NodeNotFoundError`, so no database has applied the
    migration. If mainline has a migration of that name, it needs no change. `plan` exits with 1. Change the migration's dependencies
    to ones that the branch has, on that branch, before it is released.
    """

    code = "SB301"
    severity = Severity.ERROR
    title = "a dependency is missing on the branch"

    def find(self, case: Case) -> Iterator[Finding]:
        situation = case.situation
        for tree in (situation.mainline, *(patch.tree for patch in situation.patches)):
            for child, parent in MigrationGraph.raw(tree).missing:
                place = Span(tree.migrations[child].path) if child in tree.migrations else None
                yield Finding(
                    self.code,
                    self.severity,
                    tree.ref,
                    place,
                    f"{child} depends on {parent}, which {tree.ref} lacks",
                )
