"""SB209."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.matching.data_conflicts import Conflict, conflicts
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class DataAndRename:
    """One branch has a data operation (RunPython, RunSQL) that uses a model, a field or a table, and the other branch drops or renames
    it. `apps.get_model` finds a model under the name that it has at that moment, so the operation fails on each database that has run
    the other branch's migration before it: those of that branch already have.

    What a data operation uses is read from its code: the models that it asks for with constants, the fields and tables that it names.
    Where that cannot be read (an imported function, a computed name) it counts as using everything. `plan` refuses what such a database
    cannot migrate through.

    Put the change on both branches before you reconcile them, or give the data operation up on the branch that has it: empty its
    function where databases have run it, and write it anew, for the new names, in a migration behind both.
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
        f"{conflict.migration.key} ({conflict.label}) may use what {gone.origin.migration} of {gone.ref} takes away: {gone}. "
        f"A database that has run {gone.origin.migration} cannot run {conflict.migration.key} any more"
    )
