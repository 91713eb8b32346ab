"""SB321."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import Recipe, drop_table, rename_table
from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import MissingTable, code_tables


class RemovedTable:
    """The table of a model is removed or renamed while code runs that uses the model."""

    code = "SB321"
    severity = Severity.ERROR
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, MissingTable) and not each.found.usage.many:
                usage = each.found.usage
                now = f"is named {each.renamed}" if each.renamed else "does not exist"
                message = f"table {usage.table} {now}, and the code of {case.code_ref} uses it ({usage})"
                yield broken(self, case, each, message, _recipe(case, each, each.found))


def _recipe(case: RollingCase, found: Break, missing: MissingTable) -> Recipe:
    if found.renamed:
        names = (table.label for table in code_tables(case.new_models) if table.name == found.renamed)
        return rename_table(missing.usage, next(names, missing.usage.label))
    tables = [table.name for table in code_tables(case.code) if table.model == missing.usage.model]
    return drop_table(missing.usage, tuple(reversed(tables)))
