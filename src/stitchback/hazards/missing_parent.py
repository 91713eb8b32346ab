"""SB301."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph, missing_words
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class MissingParent:
    """A migration depends on a migration that its own branch does not have: a backport copied the file without
    its dependency.
    """

    code = "SB301"
    severity = Severity.ERROR
    remedy = "Add the file, or let the migration depend on one that is there."

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            for child, parent in MigrationGraph.raw(tree).missing:
                place = Span(tree.migrations[child].path) if child in tree.migrations else None
                yield Finding(
                    self.code,
                    self.severity,
                    tree.ref,
                    place,
                    f"{missing_words(tree, child, parent)}, which {tree.ref} lacks",
                )
