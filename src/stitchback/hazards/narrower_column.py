"""SB325."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.recipes import Recipe, replace_column, tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.hazards.rolling_findings import broken
from stitchback.model.findings import Finding, Severity
from stitchback.schema.column_shape import read_shape
from stitchback.schema.column_values import family
from stitchback.schema.compatibility import LostValues


class NarrowerColumn:
    """A column gets a type that refuses or changes values which running code writes."""

    code = "SB325"
    severity = Severity.WARNING
    remedy = "Let one release write only values that fit, or use a second column:"

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, LostValues):
                spot, column = each.found.spot, each.found.column
                message = f"{case.code_ref} may write {spot} as {each.found.before}: column {spot.table}.{column} is {each.found.after} and does not keep {each.found.values}"
                yield broken(self, case, each, message, _recipe(case, each.found))


def _recipe(case: RollingCase, found: LostValues) -> Recipe:
    field = case.field(found.spot)
    if family(read_shape(found.before)) == family(read_shape(found.after)):
        return tighten(found.spot, field, f"no {found.values}")
    return replace_column(found.spot, field, case.new_field(found.spot))
