"""Checks that no data operation runs twice (a brought one with mainline's code, neither) and none is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.engine.engine_cache import data_run
from stitchback.graph import MigrationGraph
from stitchback.matching.decided_data import decided, operations_in
from stitchback.model.configuration import DataAgreement
from stitchback.model.edits import WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import TreeWork
from stitchback.model.plans import Candidate, Situation
from stitchback.model.problems import WORDS, Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.operations import kind_of
from stitchback.operations.data import data_operations, runs_code
from stitchback.operations.data import data_run as effect_of
from stitchback.schema.effects import Unknown
from stitchback.upgrades.data_runs import DataRuns


@dataclass(frozen=True, slots=True)
class DataWork:
    """`doers`: which migrations do a piece of work, by its fingerprint. `dropped`: work that a branch does and the result does not, and that no
    remark of the plan is about. `instead`: the work of migrations with the same name before mainline or on a patch branch, by mainline's work; and
    the work of the parts of mainline's squashes, by the squash's work. `edited`: work that mainline added to migrations of the fork point afterwards;
    databases that had applied them never run it, with or without a plan. `agreements`: the project's decisions, by work; `agreed` collects the
    failures that they excuse.
    """

    doers: dict[str, tuple[MigrationKey, ...]]
    dropped: frozenset[str]
    instead: dict[str, frozenset[str]] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()
    agreements: Mapping[str, DataAgreement] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)

    def wrong(self, final: tuple[str, ...], fresh: tuple[str, ...]) -> Iterator[Problem]:
        """Differences from the data operations of a fresh install, including those that old trees ran."""
        runs = DataRuns.of(final, fresh)
        for work in runs.work:
            agreement = self.agreements.get(work)
            if runs.is_repeated(work):
                if agreement and agreement.may_repeat:
                    self.agreed[work] = f"{self.name(work)} may run again: {agreement.reason}"
                else:
                    yield self.problem(ProblemKind.DATA_REPEATED, work, runs.ran[work], runs.should[work])
            elif runs.is_missing(work) and not self.settled(work, runs.ran):
                if agreement and agreement.may_miss:
                    self.agreed[work] = f"{self.name(work)} may never run on a database: {agreement.reason}"
                else:
                    yield self.problem(ProblemKind.DATA_NOT_RUN, work)
            elif work in self.dropped:
                if agreement and agreement.may_miss:
                    self.agreed[work] = (
                        f"{self.name(work)} may have run on some databases only: {agreement.reason}"
                    )
                else:
                    yield self.problem(ProblemKind.DATA_DROPPED, work)

    def capped(self, ran: tuple[str, ...], fresh: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The work that ran, each piece no more often than on a fresh install, and the names of those that ran more often."""
        runs = DataRuns.of(ran, fresh)
        rest = [work for work in ran if not runs.is_repeated(work)]
        rest += [work for work in runs.repeated for _ in range(runs.should[work])]
        return tuple(sorted(rest)), tuple(map(self.name, runs.repeated))

    def settled(self, work: str, ran: Counter[str]) -> bool:
        """Whether the row of a migration of that name replaces the work (SB205), or the rows of a squash's parts do."""
        return work in self.edited or any(ran[other] for other in self.instead.get(work, ()))

    def name(self, work: str) -> str:
        return f"the data operation of {' / '.join(map(str, self.doers.get(work, ()))) or work}"

    def problem(self, kind: ProblemKind, work: str, *times: int) -> Problem:
        """The objects: the migrations that do the work, the work, and how often it has run and should."""
        doers = self.doers.get(work, ())
        message = WORDS[kind].format(self.name(work), *times)
        return Problem(kind, (doers, work, *times), message)


def data_work(candidate: Candidate, situation: Situation) -> DataWork:
    doers: dict[str, tuple[MigrationKey, ...]] = {}
    ours = [migration for patch in situation.patches for migration in patch.migrations]
    for migration in (*situation.mainline.migrations.values(), *ours, *candidate.result.migrations.values()):
        for work in work_of(migration):
            doers[work] = tuple(sorted({*doers.get(work, ()), migration.key}))
    kept = kept_work(candidate.result, situation)
    branches = {
        work for migration in ours if not decided(migration, situation) for work in work_of(migration)
    }
    lost = (branches | all_work(situation.mainline)) - kept
    remarked = {remark.about for remark in candidate.remarks}
    unsaid = {work for work in lost if remarked.isdisjoint(doers[work])}
    agreements = {
        work: each for each in situation.policy.data for work, keys in doers.items() if each.migration in keys
    }
    return DataWork(doers, frozenset(unsaid), work_instead(situation), work_edited_in(situation), agreements)


def work_instead(situation: Situation) -> dict[str, frozenset[str]]:
    """The work that only the other trees' migration of a name does, by the work that only mainline's does; and the same for the parts of mainline's
    squashes."""
    found: dict[str, frozenset[str]] = {}
    versions = ((theirs, ours) for _, theirs, ours in other_versions(situation))
    for theirs, ours in (*versions, *squashed_work(situation)):
        for work in theirs - ours:
            found[work] = found.get(work, frozenset()) | (ours - theirs)
    return found


def squashed_work(situation: Situation) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Each of mainline's own squashes: (its work, the work of all its parts). Django runs one or the other with any plan. If a part is in no tree of
    the branches, a patch migration was stitched into it, and it is no squash."""
    files = {key: each for patch in situation.patches for key, each in patch.fork.migrations.items()}
    files |= situation.mainline.migrations
    for squash in situation.mainline.migrations.values():
        if squash.replaces and all(key in files for key in squash.replaces):
            parts = {work for key in squash.ghosts for work in work_of(files[key])}
            yield frozenset(work_of(squash)), frozenset(parts)


def work_edited_in(situation: Situation) -> frozenset[str]:
    forks = frozenset(key for patch in situation.patches for key in patch.fork.migrations)
    return frozenset(
        work for key, theirs, ours in other_versions(situation) if key in forks for work in theirs - ours
    )


def other_versions(situation: Situation) -> Iterator[tuple[MigrationKey, frozenset[str], frozenset[str]]]:
    """Migrations that have another content on mainline: (name, mainline's work, the other's)."""
    mainline = situation.mainline.migrations
    for tree in (tree for patch in situation.patches for tree in (patch.fork, patch.tree)):
        for key, other in tree.migrations.items():
            if key in mainline and mainline[key].operations != other.operations:
                yield key, frozenset(work_of(mainline[key])), frozenset(work_of(other))


def kept_work(result: Tree, situation: Situation) -> set[str]:
    """What a fresh install of the result does, and what its files have that a squash of a branch leaves out there too (`elidable`)."""
    trees = (situation.mainline, *(patch.tree for patch in situation.patches))
    left_out = set[str]().union(*(all_work(tree) - fresh_work(tree) for tree in trees))
    return fresh_work(result) | (all_work(result) & left_out)


def fresh_work(tree: Tree) -> set[str]:
    return {work for key in MigrationGraph.of(tree).nodes for work in work_of(tree.migrations[key])}


def all_work(tree: Tree) -> set[str]:
    return {work for migration in tree.migrations.values() for work in work_of(migration)}


def work_of(migration: Migration) -> Iterator[str]:
    for operation in operations_in(migration.operations):
        if isinstance(operation, Opaque):
            yield from data_run(Unknown(operation.source or operation.reason), migration.key.app)
        elif kind_of(operation) is None:
            yield from data_run(Unknown(str(operation)), migration.key.app)
        elif runs_code(operation):
            yield from data_run(effect_of(operation), migration.key.app)


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
