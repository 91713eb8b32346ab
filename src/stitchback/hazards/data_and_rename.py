"""SB209."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.matching.data_conflicts import Conflict, conflicts
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class DataAndRename:
    """One branch has a data operation (RunPython, RunSQL) that uses a model, a field or a table, and the other branch drops or renames
    it. The operation fails on a database that has run the other branch's migration before it, and the databases of that branch have.
    `plan` refuses, unless no such database exists.

    stitchback reads from the code what a data operation uses: the models that it asks for by name, and the fields and tables that it
    names. An operation whose code cannot be read (an imported function, a computed name) counts as using everything.

    If the other branch's databases do not need the operation, empty its function on mainline; where it is the patch branch's, in a
    migration of the same name. If they need it, do that too, and write a new migration behind both branches, with the new names.
    """

    code = "SB209"
    severity = Severity.ERROR
    title = "a data operation uses what the other branch drops or renames"

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for each in conflicts(side, case.situation.mainline):
                yield Finding(self.code, self.severity, each.tree.ref, Span(each.migration.path), said(each))


def said(conflict: Conflict) -> str:
    gone = conflict.gone
    return (
        f"{conflict.migration.key} ({conflict.label}) may use what {gone.origin.migration} of {gone.ref} drops or renames: {gone}. "
        f"A database that has run {gone.origin.migration} cannot run {conflict.migration.key} any more"
    )
