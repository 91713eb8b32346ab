"""The results of the use cases, for the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stitchback.hazards.missing_parent import MissingParent
from stitchback.hazards.same_name import SameNameOtherData
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Tree
from stitchback.model.unfinished import Unfinished
from stitchback.planning.outcomes import Planned, Unproved


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many migrations of the trees were read, and how many were not."""

    migrations: int
    operations: int
    opaque: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Status:
    """What each side has since the fork point, what matches, and the findings. `unfinished`: the merge, rebase or
    cherry-pick that is going on in the working tree, where that is mainline."""

    case: Case
    findings: tuple[Finding, ...]
    coverage: Coverage
    unfinished: Unfinished | None = None

    @property
    def has_unread(self) -> bool:
        """Whether a tree has, or may have, migrations that could not be read: the comparison may be incomplete."""
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
    """`findings`: what the proof of the chosen plan has shown, beside what `status` found before any plan. `settled`: paths of
    migrations and of the files that name an app's last migration that have git's conflict markers now and will have none."""

    status: Status
    outcome: Planned | Unproved
    findings: tuple[Finding, ...] = ()
    settled: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 1 the plan changes files or the user must decide, 3 no plan could be proved."""
        if isinstance(self.outcome, Unproved):
            return 3
        return 1 if self.would_change or self.undecided else 0

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """Findings that no plan resolves and the user must check: data operations with equal names that differ (SB205), patch branches that
        Django does not load (SB301), and findings of the proof that are not notes."""
        return (
            *self.lost_data,
            *self.not_loaded,
            *(each for each in self.findings if each.severity is not Severity.NOTE),
        )

    @property
    def lost_data(self) -> tuple[Finding, ...]:
        """Data operations with equal names that differ: each database runs one of the two."""
        found = (each for each in self.status.findings if each.code == SameNameOtherData.code)
        return tuple(each for each in found if each.severity is Severity.ERROR)

    @property
    def not_loaded(self) -> tuple[Finding, ...]:
        """Dependencies that a patch branch lacks: Django does not load it, so no database can have its migrations."""
        mainline = self.status.case.situation.mainline.ref
        found = (each for each in self.status.findings if each.code == MissingParent.code)
        return tuple(each for each in found if each.ref != mainline)

    @property
    def would_change(self) -> bool:
        """Whether there is a plan that has something to write, files with conflict markers included."""
        return isinstance(self.outcome, Planned) and not (self.outcome.changes_nothing and not self.settled)


def coverage(case: Case) -> Coverage:
    """The coverage of all trees of the case; a shared migration counts once."""
    situation = case.situation
    return coverage_of((situation.mainline, *(patch.tree for patch in situation.patches)))


def coverage_of(trees: Sequence[Tree]) -> Coverage:
    migrations = {(m.key, m.blob): m for tree in trees for m in tree.migrations.values()}
    return Coverage(
        migrations=len(migrations),
        operations=sum(migration.operation_count for migration in migrations.values()),
        opaque=sum(len(migration.opaques) for migration in migrations.values()),
        unreadable=len({unreadable.span for tree in trees for unreadable in tree.unreadable}),
    )
