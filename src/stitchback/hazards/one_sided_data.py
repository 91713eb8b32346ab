"""SB206."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.atoms import DataRun
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Verdict
from stitchback.model.source import Span


class OneSidedData:
    """The patch branch changes data (RunPython, RunSQL), and mainline has no operation with the same code.

    stitchback compares the code of the operation together with all the functions that it calls and the
    values that it reads in the tree, on each branch. Databases of the patch branch have run the operation;
    the others have not. If `plan` copies the migration to mainline, it reports on which databases the
    operation will run. If mainline changes the same data in another way, check whether both may run on one
    database, and suppress the finding if so:

        [[tool.stitchback.suppress]]
        code = "SB206"
        path = "shop/migrations/0007_*.py"
        reason = "main fills the slugs in another way"
    """

    code = "SB206"
    severity = Severity.WARNING
    title = "data is changed on one side only"

    def find(self, case: Case) -> Iterator[Finding]:
        for unit in case.units:
            for match in unit.touching:
                atom = match.patch[0]
                if isinstance(atom, DataRun) and match.verdict is Verdict.PATCH_ONLY and not atom.empty:
                    message = f"{unit.key}: {atom.label} changes data on {unit.side.patch.tree.ref} only"
                    message = "; ".join((message, *match.differences[1:]))
                    place = Span(unit.migration.path)
                    yield Finding(self.code, self.severity, unit.side.patch.tree.ref, place, message)
