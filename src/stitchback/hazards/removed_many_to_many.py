"""SB322."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import Recipe, drop_many_to_many, rename_many_to_many
from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.compatibility import MissingColumn, MissingTable, UnfilledColumn, code_tables


class RemovedManyToMany:
    """The table of a many-to-many field is removed, renamed or gets other columns while code runs that uses the field."""

    code = "SB322"
    severity = Severity.ERROR
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case MissingTable(usage=usage) if usage.many:
                    what = f"table {usage.table} {_now(each)}"
                case MissingColumn(usage=usage, column=column) if usage.many:
                    what = f"column {usage.table}.{column} {_now(each)}"
                case UnfilledColumn(usage=usage, column=column) if usage.many:
                    what = f"column {usage.table}.{column} is NOT NULL without a default in the database"
                case _:
                    continue
            message = f"{what}, and the code of {case.code_ref} uses {usage}"
            yield broken(self, case, each, message, _recipe(case, each))


def _now(found: Break) -> str:
    return f"is named {found.renamed}" if found.renamed else "does not exist"


def _recipe(case: RollingCase, found: Break) -> Recipe:
    usage = found.found.usage
    if isinstance(found.found, MissingTable) and found.renamed:
        names = (table.many for table in code_tables(case.new_models) if table.name == found.renamed)
        return rename_many_to_many(usage, case.field(usage), next(names, usage.field))
    return drop_many_to_many(usage)
