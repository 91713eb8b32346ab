"""The base class of hazards: a class that finds one kind of problem, and whose docstring is its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.plans import Proof


class Hazard(Protocol):
    """`code` is stable. The docstring says what, why, and what to do: `stitchback explain CODE` prints it."""

    code: str
    severity: Severity
    title: str

    def find(self, case: Case) -> Iterator[Finding]:
        """All findings of this kind in the case, in any order."""
        ...


class ProofHazard(Protocol):
    """A hazard that only the proof of a plan shows: `plan` reports it, and `status` does not know it."""

    code: str
    severity: Severity
    title: str

    def find(self, case: Case, proof: Proof) -> Iterator[Finding]: ...
