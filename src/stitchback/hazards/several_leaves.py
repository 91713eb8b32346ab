"""SB302."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class SeveralLeaves:
    """An app has more than one leaf node."""

    code = "SB302"
    severity = Severity.ERROR
    remedy = "`stitchback resolve` merges them, or stitches what both make."

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            graph = MigrationGraph.of(tree)
            for app in sorted({key.app for key in graph.nodes}):
                leaves = graph.leaves(app)
                if len(leaves) > 1:
                    place = Span(tree.migrations[leaves[0]].path)
                    message = f"{app} has {len(leaves)} leaf nodes: {', '.join(leaf.name for leaf in leaves)}"
                    yield Finding(self.code, self.severity, tree.ref, place, message)
