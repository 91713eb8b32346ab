"""SB323."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import Recipe, add_column
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import UnfilledColumn


class NotNullColumn:
    """A table gets a NOT NULL column without a default in the database, and code runs whose INSERT does not name it. Django removes the default that
    AddField needs for the rows that exist (`BaseDatabaseSchemaEditor.add_field`)."""

    code = "SB323"
    severity = Severity.ERROR
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, UnfilledColumn) and not each.found.usage.many:
                usage, column = each.found.usage, each.found.column
                message = f"column {usage.table}.{column} is NOT NULL without a default in the database, and the code of {case.code_ref} inserts {usage} without it"
                name, _ = case.new_column(usage.table, column)
                yield broken(self, case, each, message, _recipe(case, each.found), name)


def _recipe(case: RollingCase, found: UnfilledColumn) -> Recipe:
    name, field = case.new_column(found.usage.table, found.column)
    if field is None:
        return (
            "# The models of the new release do not have the column: give it a default in the database, or let it be NULL",
        )
    return add_column(found.usage, name, field)
