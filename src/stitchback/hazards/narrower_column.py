"""SB325."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.hazards.hazard import STEPS, broken
from stitchback.hazards.recipes import Recipe, replace_column, tighten
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.schema.column_values import family
from stitchback.schema.compatibility import LostValues


class NarrowerColumn:
    """A column gets a type that refuses or changes values which running code writes."""

    code = "SB325"
    severity = Severity.WARNING
    remedy = STEPS

    def find(self, case: RollingCase) -> Iterator[Finding]:
        for each in case.breaks:
            if isinstance(each.found, LostValues):
                usage, column = each.found.usage, each.found.column
                message = f"column {usage.table}.{column} is {each.found.after}, which does not keep {each.found.values}, and the code of {case.code_ref} may write {each.found.before} ({usage})"
                yield broken(self, case, each, message, _recipe(case, each.found))


def _recipe(case: RollingCase, found: LostValues) -> Recipe:
    field = case.field(found.usage)
    if family(found.before) == family(found.after):
        return tighten(found.usage, field, f"no {found.values}")
    return replace_column(found.usage, field, case.new_field(found.usage))
