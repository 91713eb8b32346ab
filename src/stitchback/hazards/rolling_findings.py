"""Findings of the rolling rules: which code, which schema object, from which migration on."""

from __future__ import annotations

from stitchback.hazards.rolling_case import Break, RollingCase, RollingHazard
from stitchback.model.findings import Finding


def broken(
    hazard: RollingHazard,
    case: RollingCase,
    found: Break,
    message: str,
    recipe: tuple[str, ...] = (),
    *words: str,
) -> Finding:
    """`message`: a sentence without its moment. `words`: by which the operation is found in the migration. The recipe is for old code: new code that is
    deployed first needs nothing but the migrations a release earlier."""
    spot = found.found.spot
    span = case.span(found.at, spot.field, spot.label, *words)
    if case.is_new_code:
        hint = f"Deploy {found.at} before the code of {case.new.ref}, or with the release before it."
        text = f"{message}{found.on_engines} before {found.at}"
        return Finding(hazard.code, hazard.severity, case.code_ref, span, text, hint)
    until = f" until {found.until}" if found.until else ""
    text = f"{message}{found.on_engines} from {found.at} on{until}"
    return Finding(hazard.code, hazard.severity, case.code_ref, span, text, hazard.remedy, recipe)
