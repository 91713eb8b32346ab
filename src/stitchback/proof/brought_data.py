"""Checks that a brought data operation is not, with mainline's code, one of mainline's own."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.edits import WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import TreeWork
from stitchback.model.plans import Candidate, Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.operations.data import data_operations


def repeats_mainlines_work(candidate: Candidate, situation: Situation) -> Iterator[Problem]:
    """Brought operations that import code which differs on mainline, where mainline's own migration runs the same: in the reconciled tree both do
    mainline's work, it runs twice, and what the patch branch's code did runs nowhere.

    Where no migration of mainline runs it, a remark of the plan asks to merge the branch's code.
    """
    for edit in candidate.edits:
        if not isinstance(edit, WriteFile):
            continue
        for work in _works(edit.result):
            there = work.on_mainline
            if there is None or not there.followed.fingerprint or not work.unlike(there):
                continue
            for key in _doing(there, edit.key, candidate, situation):
                yield Problem.of(ProblemKind.SAME_CODE_TWICE, edit.key, key, tuple(work.unlike(there)))


def _doing(
    work: TreeWork, own: MigrationKey, candidate: Candidate, situation: Situation
) -> Iterator[MigrationKey]:
    """Mainline's migrations that do this work, without those that a patch branch has as well: there it has run beside the brought one."""
    shared = {
        key for patch in situation.patches for tree in (patch.fork, patch.tree) for key in tree.migrations
    }
    for key in sorted(situation.mainline.migrations.keys() - shared - {own}):
        works = _works(candidate.result.migrations.get(key))
        if any(each.followed.fingerprint == work.followed.fingerprint for each in works):
            yield key


def _works(migration: Migration | None) -> Iterator[TreeWork]:
    if migration is None:
        return
    for operation in data_operations(migration.operations):
        if operation.work is not None:
            yield operation.work
