"""Findings of the rolling rules: which code, which schema object, from which migration on."""

from __future__ import annotations

from stitchback.hazards.hazard import RollingHazard
from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.model.findings import Finding

STEPS = "The same change in steps during which the code of each release works:"


def broken(
    hazard: RollingHazard,
    case: RollingCase,
    found: Break,
    message: str,
    recipe: tuple[str, ...] = (),
    *words: str,
) -> Finding:
    """`message`: a sentence that begins with the schema object, without its moment. `words`: by which the operation is found in the migration. The recipe is for old code: new code that is
    deployed first needs nothing but the migrations a release earlier."""
    usage = found.found.usage
    span = case.span(found.at, usage.field, usage.label, *words)
    if case.is_new_code:
        hint = f"Deploy {found.at} before the code of {case.new.ref}, or with the release before it."
        text = f"before {found.at}{found.on_engines}, {message}"
        return Finding(hazard.code, hazard.severity, case.code_ref, span, text, hint)
    until = f" until {found.until}" if found.until else ""
    text = f"after {found.at}{until}{found.on_engines}, {message}"
    return Finding(hazard.code, hazard.severity, case.code_ref, span, text, hazard.remedy, recipe)
