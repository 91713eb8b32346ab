"""SB206."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.atoms import DataRun
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Verdict
from stitchback.model.source import Span


class OneSidedData:
    """The patch branch changes data (RunPython, RunSQL), and mainline has no operation with the same code."""

    code = "SB206"
    severity = Severity.WARNING
    remedy = "Bring the operation into mainline, or declare in pyproject.toml that it may be missed."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit in case.units:
            for match in unit.touching:
                atom = match.patch[0]
                if isinstance(atom, DataRun) and match.verdict is Verdict.PATCH_ONLY and not atom.empty:
                    message = f"{unit.key}: {atom.label} changes data on {unit.side.patch.tree.ref} only"
                    message = "; ".join((message, *match.differences[1:]))
                    place = Span(unit.migration.path)
                    yield Finding(self.code, self.severity, unit.side.patch.tree.ref, place, message)
