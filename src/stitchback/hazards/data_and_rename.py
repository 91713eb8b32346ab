"""SB209."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.matching.data_conflicts import Conflict, conflicts
from stitchback.matching.data_inserts import InsertWithoutValue, unset
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class DataAndRename:
    """One branch has a data operation (RunPython, RunSQL) that uses a model, a field or a table that the other
    branch drops or renames. The operation fails on a database that has already run the other branch's
    migration, as all databases of that branch have. `plan` refuses, unless no such database exists.

    stitchback reads from the code what a data operation uses: the models that it requests by name, and the
    fields and tables that it names. If the code cannot be read (an imported function, a computed name),
    stitchback assumes that the operation uses everything.

    The same code is reported where a data operation of one branch inserts rows (`create`, `bulk_create`,
    `get_or_create`, `update_or_create`, SQL's INSERT) without a value for a column that the other branch
    makes NOT NULL without a default. The INSERT fails if the column is already NOT NULL. Give the column a
    value in the operation, on mainline, or give the column a default.

    If the other branch's databases do not need the operation, empty its function on mainline; if it is an
    operation of the patch branch, do that in a migration of the same name. If they need it, empty it too,
    and write a new data migration that depends on both branches' migrations and uses the new names.
    """

    code = "SB209"
    severity = Severity.ERROR
    title = "a data operation does not fit what the other branch drops, renames or makes NOT NULL"

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for each in conflicts(side, case.situation.mainline):
                yield Finding(
                    self.code, self.severity, each.tree.ref, Span(each.migration.path), conflict_message(each)
                )
            for lacking in unset(side, case.situation.mainline):
                path = lacking.migration.path
                yield Finding(self.code, self.severity, lacking.tree.ref, Span(path), insert_message(lacking))


def conflict_message(conflict: Conflict) -> str:
    gone = conflict.gone
    return (
        f"{conflict.migration.key} ({conflict.label}) may use {gone}, which {gone.origin.migration} of {gone.ref} drops or renames. "
        f"On a database that has run {gone.origin.migration}, {conflict.migration.key} fails"
    )


def insert_message(unset: InsertWithoutValue) -> str:
    demand, key = unset.demand, unset.migration.key
    return (
        f"{key} ({unset.label}) inserts rows into {demand.model} without a value for {demand.field}, which {demand.origin.migration} of "
        f"{demand.ref} makes NOT NULL without a default ({demand.kind}). On a database that has run {demand.origin.migration}, {key} fails"
    )
