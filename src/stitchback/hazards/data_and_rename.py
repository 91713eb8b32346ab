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
    branch drops or renames.
    """

    code = "SB209"
    severity = Severity.ERROR
    remedy = "Let the data operation run before the change, or change its code."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for each in conflicts(side, case.mainline):
                yield Finding(
                    self.code, self.severity, each.tree.ref, Span(each.migration.path), conflict_message(each)
                )
            for lacking in unset(side, case.mainline):
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
