"""The base class of hazards: a class that finds one kind of problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stitchback.hazards.rolling_case import RollingCase
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.plans import Proof


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
