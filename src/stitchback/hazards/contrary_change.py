"""SB207."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Verdict
from stitchback.model.source import Span


class ContraryChange:
    """Both branches changed the same table, column, index or constraint, and no order of the two changes is
    right for both: the patch branch removed what mainline altered, one branch renamed what the other
    removed, or both renamed it to different names.
    """

    code = "SB207"
    severity = Severity.ERROR
    remedy = "Decide which of the two changes is right, and make it on both branches."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for match in side.comparison.matches:
                if match.verdict is Verdict.CONTRARY:
                    origin = match.patch[0].origin
                    place = Span(side.patch.tree.migrations[origin.migration].path)
                    other = match.mainline[0].origin
                    message = (
                        f"{origin.migration} of {side.patch.tree.ref} and {other.migration} of {case.situation.mainline.ref} "
                        f"change {getattr(match.patch[0], 'schema_object', '')} in contrary ways"
                    )
                    yield Finding(self.code, self.severity, side.patch.tree.ref, place, message)
