"""SB303."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class Cycle:
    """Migrations depend on each other in a circle, in their files or once Django has put a squash in the place of what it replaces."""

    code = "SB303"
    severity = Severity.ERROR
    remedy = "Remove one of these dependencies."

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            for ring in dict.fromkeys((*MigrationGraph.raw(tree).cycles, *MigrationGraph.of(tree).cycles)):
                place = Span(tree.migrations[ring[0]].path)
                message = " -> ".join(str(key) for key in (*ring, ring[0]))
                yield Finding(self.code, self.severity, tree.ref, place, message)
