"""The hazards of parallel migrations: each class finds and explains one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch

from stitchback.hazards.added_constraint import AddedConstraint
from stitchback.hazards.added_uniqueness import AddedUniqueness
from stitchback.hazards.altered_and_gone import AlteredAndGone
from stitchback.hazards.changed_on_both import ChangedOnBoth, ChangedOnTwoPatches
from stitchback.hazards.contrary_change import ContraryChange
from stitchback.hazards.cycle import Cycle
from stitchback.hazards.data_and_rename import DataAndRename
from stitchback.hazards.edited_after_release import EditedAfterRelease
from stitchback.hazards.former_package import FormerPackage
from stitchback.hazards.gone_on_mainline import AppGone, GoneOnMainline
from stitchback.hazards.hazard import Hazard, ProofHazard, RollingHazard
from stitchback.hazards.ignores import IgnoreWithoutReason
from stitchback.hazards.large_table import LargeTable
from stitchback.hazards.left_out import LeftOut
from stitchback.hazards.missing_parent import MissingParent
from stitchback.hazards.narrower_column import NarrowerColumn
from stitchback.hazards.not_null_column import NotNullColumn
from stitchback.hazards.null_refused import NullRefused
from stitchback.hazards.numbering import Numbering
from stitchback.hazards.one_sided_data import OneSidedData
from stitchback.hazards.opaque_value import OpaqueValue
from stitchback.hazards.partly_applied_squash import PartlyAppliedSquash
from stitchback.hazards.python2_file import Python2File
from stitchback.hazards.release_only import ReleaseOnly
from stitchback.hazards.removed_column import RemovedColumn
from stitchback.hazards.removed_many_to_many import RemovedManyToMany
from stitchback.hazards.removed_table import RemovedTable
from stitchback.hazards.replacer_above_unapplied import ReplacerAboveUnapplied
from stitchback.hazards.replaces_itself import ReplacesItself
from stitchback.hazards.replaces_may_go import ReplacesMayGo
from stitchback.hazards.rolling_case import RollingCase
from stitchback.hazards.same_name import (
    SameNameLacksData,
    SameNameOtherData,
    SameNameOtherLayout,
    SameNameOtherParents,
    SameNameOtherSchema,
    SameNameOtherState,
)
from stitchback.hazards.several_leaves import SeveralLeaves
from stitchback.hazards.shared_ghost import ManyGhosts, SharedGhost
from stitchback.hazards.swapped_user_model import SwappedUserModel
from stitchback.hazards.undecided_stop import UndecidedStop
from stitchback.hazards.unread_setting import MissingMigrationModule, UnreadMigrationModules
from stitchback.hazards.unreadable_file import UnreadableFile
from stitchback.matching.case import Case
from stitchback.model.configuration import Suppression
from stitchback.model.findings import Finding
from stitchback.model.plans import Proof

# To add a hazard: one file, one line here, one test file.
ALL: tuple[Hazard, ...] = (
    UnreadableFile(),
    IgnoreWithoutReason(),
    OpaqueValue(),
    Python2File(),
    UnreadMigrationModules(),
    ReplacesItself(),
    MissingMigrationModule(),
    SameNameOtherSchema(),
    SameNameOtherParents(),
    SameNameOtherLayout(),
    SameNameOtherState(),
    SameNameOtherData(),
    EditedAfterRelease(),
    SwappedUserModel(),
    OneSidedData(),
    ContraryChange(),
    AlteredAndGone(),
    DataAndRename(),
    SameNameLacksData(),
    ChangedOnBoth(),
    ChangedOnTwoPatches(),
    MissingParent(),
    SeveralLeaves(),
    Cycle(),
    GoneOnMainline(),
    AppGone(),
    FormerPackage(),
    SharedGhost(),
    ManyGhosts(),
)

# Hazards that only `check` reports: they do not affect a plan.
OF_CHECK: tuple[Hazard, ...] = (
    ReplacerAboveUnapplied(),
    PartlyAppliedSquash(),
    ReplacesMayGo(),
    ReleaseOnly(),
    Numbering(),
)

# Hazards of a deploy during which code of two releases runs: `check --rolling`.
OF_ROLLING: tuple[RollingHazard, ...] = (
    RemovedColumn(),
    RemovedTable(),
    RemovedManyToMany(),
    NotNullColumn(),
    NullRefused(),
    NarrowerColumn(),
    AddedUniqueness(),
    AddedConstraint(),
    LargeTable(),
    UndecidedStop(),
)

# Hazards that matter to a plan alone: an opaque value, and data operations of a release, which SB313 covers.
OF_PLAN = (OpaqueValue, OneSidedData)

# Hazards that only a proof can find.
OF_PROOF: tuple[ProofHazard, ...] = (LeftOut(),)


def find_all(case: Case, suppressed: Sequence[Suppression] = ()) -> Iterator[Finding]:
    """Every finding of every hazard that the configuration does not suppress."""
    for hazard in ALL:
        yield from _reported(hazard.find(case), suppressed)


def find_in_check(case: Case, suppressed: Sequence[Suppression] = ()) -> Iterator[Finding]:
    """As `find_all`, for the rules of `check`, each finding with a hint: there is no plan that shows what to do."""
    for hazard in (*ALL, *OF_CHECK):
        if not isinstance(hazard, OF_PLAN):
            for finding in _reported(hazard.find(case), suppressed):
                yield finding if finding.hint else replace(finding, hint=hazard.remedy)


def find_in_rolling(case: RollingCase, suppressed: Sequence[Suppression] = ()) -> Iterator[Finding]:
    """As `find_all`, for a deploy."""
    for hazard in OF_ROLLING:
        yield from _reported(hazard.find(case), suppressed)


def find_in_proof(case: Case, proof: Proof, suppressed: Sequence[Suppression] = ()) -> Iterator[Finding]:
    """As `find_all`, for findings of the proof of a plan."""
    for hazard in OF_PROOF:
        yield from _reported(hazard.find(case, proof), suppressed)


def _reported(findings: Iterable[Finding], suppressed: Sequence[Suppression]) -> Iterator[Finding]:
    for finding in findings:
        if not any(_suppresses(entry, finding) for entry in suppressed):
            yield finding


def _suppresses(entry: Suppression, finding: Finding) -> bool:
    path = finding.span.path if finding.span else ""
    return entry.code == finding.code and fnmatch(path, entry.path)


__all__ = [
    "ALL",
    "OF_CHECK",
    "OF_PROOF",
    "OF_ROLLING",
    "Hazard",
    "ProofHazard",
    "RollingHazard",
    "find_all",
    "find_in_check",
    "find_in_proof",
    "find_in_rolling",
]
