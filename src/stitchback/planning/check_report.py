"""The result of `check`, for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Tree
from stitchback.planning.reports import Coverage


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was checked, and the findings that the baseline file does not have. `base`: the tree with which what is checked out was
    compared. `in_baseline`: how many findings the baseline file has. `outdated`: how many of its entries no longer occur."""

    case: Case
    base: Tree
    findings: tuple[Finding, ...]
    coverage: Coverage
    in_baseline: int = 0
    outdated: int = 0

    @property
    def releases(self) -> tuple[str, ...]:
        return tuple(patch.tree.ref for patch in self.case.situation.patches[1:])

    @property
    def exit_code(self) -> int:
        """1 where a finding is more than a note."""
        return 1 if any(finding.severity is not Severity.NOTE for finding in self.findings) else 0
