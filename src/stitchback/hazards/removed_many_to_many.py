"""SB322."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.recipes import Recipe, drop_many_to_many, rename_many_to_many
from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.hazards.rolling_findings import broken
from stitchback.model.findings import Finding, Severity
from stitchback.schema.code_tables import code_tables
from stitchback.schema.compatibility import MissingColumn, MissingTable, UnfilledColumn


class RemovedManyToMany:
    """The table of a many-to-many field is removed, renamed or gets other columns while code runs that uses the field."""

    code = "SB322"
    severity = Severity.ERROR
    remedy = "Let one release stop using the field, and a later one remove or change its table:"

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            match each.found:
                case MissingTable(spot=spot) if spot.many:
                    what = f"table {spot.table} {_now(each)}"
                case MissingColumn(spot=spot, column=column) if spot.many:
                    what = f"column {spot.table}.{column} {_now(each)}"
                case UnfilledColumn(spot=spot, column=column) if spot.many:
                    what = f"column {spot.table}.{column} is NOT NULL, has no default, and `add()` does not fill it"
                case _:
                    continue
            message = f"{case.code_ref} uses {spot}: {what}"
            yield broken(self, case, each, message, _recipe(case, each))


def _now(found: Break) -> str:
    return f"is named {found.renamed}" if found.renamed else "does not exist"


def _recipe(case: RollingCase, found: Break) -> Recipe:
    spot = found.found.spot
    if isinstance(found.found, MissingTable) and found.renamed:
        names = (table.many for table in code_tables(case.new_models) if table.name == found.renamed)
        return rename_many_to_many(spot, case.field(spot), next(names, spot.field))
    return drop_many_to_many(spot)
