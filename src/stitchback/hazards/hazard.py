"""The base classes of hazards, and how the rolling ones report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stitchback.hazards.rolling_case import Break, RollingCase
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.plans import Proof

STEPS = "The same change in steps during which the code of each release works:"


class Hazard(Protocol):
    """`code` is stable. `reporting/explanations/CODE.md` is its page. `remedy`: what to do, for findings that have no hint of their own."""

    code: str
    severity: Severity
    remedy: str

    def find(self, case: Case) -> Iterator[Finding]:
        """All findings of this kind in the case, in any order."""
        ...


class ProofHazard(Protocol):
    """A hazard that only the proof of a plan shows: `plan` reports it, and `status` does not know it."""

    code: str
    severity: Severity

    def find(self, case: Case, proof: Proof) -> Iterator[Finding]: ...


class RollingHazard(Protocol):
    """A rule of `check --rolling`. `reporting/explanations/CODE.md` is its page."""

    code: str
    severity: Severity
    remedy: str

    def find(self, case: RollingCase) -> Iterator[Finding]: ...


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
