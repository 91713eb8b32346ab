"""SB207."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Verdict
from stitchback.model.source import Span


class ContraryChange:
    """Both branches changed the same thing, and no order of the two makes both right: the patch branch removed what mainline
    altered, one renamed what the other removed, or both renamed it, each to another name.

    No plan is made. A person decides which side is right, undoes the other on its own branch with a new migration, releases that, and
    plans again. What the patch branch removed is made anew there first, as mainline has it: mainline's migrations alter it.
    """

    code = "SB207"
    severity = Severity.ERROR
    title = "contrary changes"

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for match in side.comparison.matches:
                if match.verdict is Verdict.CONTRARY:
                    origin = match.patch[0].origin
                    place = Span(side.patch.tree.migrations[origin.migration].path)
                    other = match.mainline[0].origin
                    message = f"{origin} and {other} of mainline change {getattr(match.patch[0], 'schema_object', '')} in contrary ways"
                    yield Finding(self.code, self.severity, side.patch.tree.ref, place, message)
