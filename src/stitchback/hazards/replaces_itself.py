"""SB105."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class ReplacesItself:
    """`replaces` of a migration contains the migration's own name, directly or through other migrations that
    it replaces (FACTS F24).
    """

    code = "SB105"
    severity = Severity.ERROR
    remedy = "Remove the name from `replaces`."

    def find(self, case: Case) -> Iterator[Finding]:
        for tree in case.situation.trees:
            for key in tree.self_replacing:
                place = Span(tree.migrations[key].path)
                message = f"`replaces` of {key} leads back to {key}: Django never runs it, or stops"
                yield Finding(self.code, self.severity, tree.ref, place, message)
