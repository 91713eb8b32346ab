"""The results of status, check, plan, resolve and backport, for the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from stitchback.hazards.missing_parent import MissingParent
from stitchback.hazards.same_name import SameNameOtherData
from stitchback.matching.case import Case
from stitchback.model.files import Unfinished
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Proof, Refuted
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


class State(Enum):
    """Where a release branch stands against mainline."""

    RECONCILED = "reconciled"
    TO_RECONCILE = "to reconcile"
    IN_CONFLICT = "in conflict"
    NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class ReleaseBranch:
    """`reason`: why it is not reconciled, in one line. `next_command`: "" where nothing is to be done."""

    ref: str
    commit: str
    state: State
    reason: str = ""
    next_command: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The release branches against mainline. `leaves`: mainline's apps with several leaf nodes. `patterns`: what names of branches were
    looked for. `others`: names of other branches that differ from mainline, where none looks like a release, and
    `next_command` for the first of them."""

    mainline: Tree
    branches: tuple[ReleaseBranch, ...]
    leaves: Mapping[str, tuple[MigrationKey, ...]]
    patterns: tuple[str, ...]
    others: tuple[str, ...] = ()
    next_command: str = ""

    @property
    def exit_code(self) -> int:
        return 0 if not self.leaves and all(each.state is State.RECONCILED for each in self.branches) else 1


Pair = tuple[str, Migration, str, Migration]


@dataclass(frozen=True, slots=True)
class ResolvedLeaves:
    """`leaves`: the apps with several leaf nodes. `origin`: how the second one came (`api.other_side.Origin`), from `others`; `onto` is
    what is checked out. `report`: None where there is nothing to resolve.

    `renumbered`: migrations that no database can have, which the plan puts behind the other side's. `evidence`: else, where migrations of
    the two sides are that databases may have applied; `searched`: how many refs and ledgers were looked through for that,
    `knows_pushed`: whether remote-tracking branches were among them.
    `unsettled`: paths with a conflict that are left for a person. `pairs`: migrations that stay side by side, each with its side's
    name, of which the order makes a difference. `mentions`: files that are no migrations and name one that gets another name.
    """

    leaves: Mapping[str, tuple[MigrationKey, ...]]
    origin: str = ""
    others: tuple[str, ...] = ()
    onto: str = ""
    report: PlanReport | None = None
    renumbered: tuple[MigrationKey, ...] = ()
    evidence: tuple[tuple[MigrationKey, str], ...] = ()
    searched: int = 0
    knows_pushed: bool = False
    unsettled: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    mentions: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing to resolve, 1 something would be written, 3 no plan could be proved."""
        return 0 if self.report is None else self.report.exit_code


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """The file of a mainline migration on the release branch. `original`: mainline's migration. `is_copy`: byte for byte mainline's file."""

    original: MigrationKey
    key: MigrationKey
    path: str
    content: bytes
    dependencies: tuple[Dependency, ...]
    is_copy: bool


@dataclass(frozen=True, slots=True)
class BackportReport:
    """`release` and `mainline`: refs as the user named them. `proof`: of the release's own databases with the new files, or why there is none.
    `needed`: mainline's other migrations on which the backported ones rely and which the release lacks. `stitched`: the plan that stitches
    mainline with the release as it then is; None where the release itself could not be proved. `models`: mainline's modules of models of these
    apps: the release's need the change too."""

    release: str
    mainline: str
    files: tuple[ReleaseFile, ...]
    proof: Proof | Refuted
    needed: tuple[MigrationKey, ...] = ()
    stitched: PlanReport | None = None
    models: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        return self.stitched is not None and self.stitched.exit_code != REFUSED

    @property
    def exit_code(self) -> int:
        """1 something would be written, 3 it could not be proved."""
        return 1 if self.is_proved else REFUSED


REFUSED = 3
