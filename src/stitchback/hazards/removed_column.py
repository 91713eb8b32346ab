"""SB320."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import Recipe, drop_column, rename_column
from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import MissingColumn


class RemovedColumn:
    """A column is removed or renamed while code runs that selects and inserts it."""

    code = "SB320"
    severity = Severity.ERROR
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, MissingColumn) and not each.found.usage.many:
                yield broken(
                    self,
                    case,
                    each,
                    _message(case, each, each.found),
                    _recipe(case, each, each.found),
                    each.renamed,
                )


def _message(case: RollingCase, found: Break, missing: MissingColumn) -> str:
    table, column = missing.usage.table, missing.column
    now = f"is named {found.renamed}" if found.renamed else "does not exist"
    return f"column {table}.{column} {now}, and the code of {case.code_ref} selects and inserts it ({missing.usage})"


def _recipe(case: RollingCase, found: Break, missing: MissingColumn) -> Recipe:
    field = case.field(missing.usage)
    if found.renamed:
        name, _ = case.new_column(missing.usage.table, found.renamed)
        return rename_column(missing.usage, field, missing.column, name)
    return drop_column(missing.usage, field)
