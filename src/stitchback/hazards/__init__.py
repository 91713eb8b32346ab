"""The hazards of parallel migrations: each class finds and explains one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch

from stitchback.hazards.altered_and_gone import AlteredAndGone
from stitchback.hazards.changed_on_both import ChangedOnBoth, ChangedOnTwoPatches
from stitchback.hazards.contrary_change import ContraryChange
from stitchback.hazards.cycle import Cycle
from stitchback.hazards.data_and_rename import DataAndRename
from stitchback.hazards.edited_after_release import EditedAfterRelease
from stitchback.hazards.former_package import FormerPackage
from stitchback.hazards.gone_on_mainline import AppGone, GoneOnMainline
from stitchback.hazards.hazard import Hazard, ProofHazard
from stitchback.hazards.left_out import LeftOut
from stitchback.hazards.missing_parent import MissingParent
from stitchback.hazards.one_sided_data import OneSidedData
from stitchback.hazards.opaque_value import OpaqueValue
from stitchback.hazards.python2_file import Python2File
from stitchback.hazards.replaces_itself import ReplacesItself
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
from stitchback.hazards.unread_setting import MissingMigrationModule, UnreadMigrationModules
from stitchback.hazards.unreadable_file import UnreadableFile
from stitchback.matching.case import Case
from stitchback.model.configuration import Suppression
from stitchback.model.findings import Finding
from stitchback.model.plans import Proof

# To add a hazard: one file, one line here, one test file.
ALL: tuple[Hazard, ...] = (
    UnreadableFile(),
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

# Hazards that only a proof can find.
OF_PROOF: tuple[ProofHazard, ...] = (LeftOut(),)


def find_all(case: Case, suppressed: Sequence[Suppression] = ()) -> Iterator[Finding]:
    """Every finding of every hazard that the configuration does not suppress."""
    for hazard in ALL:
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


__all__ = ["ALL", "OF_PROOF", "Hazard", "ProofHazard", "find_all", "find_in_proof"]
