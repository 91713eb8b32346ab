"""What the use cases give back, for the reports."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Tree
from stitchback.planning.outcomes import Planned, Unproved


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the trees was read, and how much not."""

    migrations: int
    operations: int
    opaque: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Status:
    """What each side has since the fork point, what matches, and what is to be said about it."""

    case: Case
    findings: tuple[Finding, ...]
    coverage: Coverage

    @property
    def has_unread(self) -> bool:
        """Whether a tree has migrations, or may have, that could not be read: there may be more than what is compared."""
        situation = self.case.situation
        trees = (situation.mainline, *(patch.tree for patch in situation.patches))
        return any(
            tree.unreadable
            or tree.self_replacing
            or any(item.is_missing or item.candidates for item in tree.unread_settings)
            for tree in trees
        )


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`findings`: what the proof of the chosen plan has shown, beside what `status` found before any plan."""

    status: Status
    outcome: Planned | Unproved
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 1 something would change, or the proof has findings that are no notes, 3 no plan could be proved."""
        if isinstance(self.outcome, Unproved):
            return 3
        serious = any(finding.severity is not Severity.NOTE for finding in self.findings)
        return 1 if self.would_change or serious else 0

    @property
    def would_change(self) -> bool:
        """Whether there is a plan that has something to write."""
        return isinstance(self.outcome, Planned) and not self.outcome.changes_nothing


def coverage(case: Case) -> Coverage:
    """Over all trees of the case, a migration that several share counted once."""
    situation = case.situation
    trees: tuple[Tree, ...] = (situation.mainline, *(patch.tree for patch in situation.patches))
    migrations = {(m.key, m.blob): m for tree in trees for m in tree.migrations.values()}
    return Coverage(
        migrations=len(migrations),
        operations=sum(migration.operation_count for migration in migrations.values()),
        opaque=sum(len(migration.opaques) for migration in migrations.values()),
        unreadable=len({unreadable.span for tree in trees for unreadable in tree.unreadable}),
    )
