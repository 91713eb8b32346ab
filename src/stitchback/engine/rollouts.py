"""Tries all rollouts of one database after the merge.

From a population's database: a full `migrate`; each app first; each partial target; directly the next release. From each resulting database, and each
possible stop: a full `migrate` again, followed by the next release's deploy, and the repair for its ledger, until no new database results. Then,
within a bound, all rollouts from those databases too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from stitchback.engine.database import DatabaseId
from stitchback.engine.engine import Stop
from stitchback.engine.fast_migrate import RunPath, RunResult
from stitchback.engine.runs import RunError
from stitchback.engine.symbolic_checks import SymbolicChecks
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FailureKind
from stitchback.model.problems import Problem, Step
from stitchback.upgrades.checks import Phase, WrongEnd
from stitchback.upgrades.paths import FULL, MIGRATE, NEXT_RELEASE, UpgradeStep, first_steps

MOST_RUNS = 3000  # calls of migrate in one proof, before a second partial migrate after a first one is no longer tried
MOST_RUNS_BESIDE = 600  # the same, in the proof of a plan that is only listed beside the chosen one
WORDS: dict[Phase, tuple[str, ...]] = {
    Phase.MIGRATE: (),
    Phase.SECOND_MIGRATE: (MIGRATE,),
    Phase.NEXT_RELEASE: (NEXT_RELEASE,),
}
MOST_STATES_IN_PART = 60_000  # states of models in one proof, before partial migrates are no longer tried


@dataclass(frozen=True, slots=True)
class UpgradeFailure:
    """A failure: `path` are the upgrade steps from the population's database, `did` is the step that failed."""

    did: tuple[str, ...]
    step: Step | str
    problem: Problem
    error: RunError | None = None
    path: tuple[UpgradeStep, ...] = ()

    @property
    def kind(self) -> FailureKind:
        return self.step, self.problem

    @property
    def acts(self) -> tuple[str, ...]:
        """Descriptions of all steps; the last one failed."""
        return (*map(str, self.path), *self.did)


Passed = Callable[[UpgradeFailure], bool]
Came = dict[
    DatabaseId, tuple[DatabaseId, UpgradeStep] | None
]  # from which database and by which step a database was first reached


@dataclass(frozen=True, slots=True)
class ReachedDatabase:
    """A checked database: its direct failures, and the databases that result from one more step, each once."""

    upgrade_failures: tuple[UpgradeFailure, ...]
    leads_to: tuple[tuple[UpgradeStep, DatabaseId], ...]
    tried: int


class Remedies(Protocol):
    """What a person does to a database, before the deploy or between two migrates."""

    def rows_for(self, place: DatabaseId) -> tuple[MigrationKey, ...]:
        """The rows that the database gets, none where it needs none."""

    def with_rows(self, place: DatabaseId, rows: Iterable[MigrationKey]) -> DatabaseId: ...


class Rollouts:
    """Explores rollouts. `ends` judges databases after a full migrate. Users do not migrate to the `untargeted` by name; `bystander` is an installed
    app that no app depends on. `most_runs`: calls of migrate before second partial migrates are no longer tried. `matters`: if given, only those are
    targets, and only stops directly before or after them are checked."""

    def __init__(
        self,
        ends: SymbolicChecks,
        remedies: Remedies | None,
        untargeted: frozenset[MigrationKey],
        bystander: str,
        most_runs: int = MOST_RUNS,
        matters: frozenset[MigrationKey] | None = None,
    ) -> None:
        self.most_runs = most_runs
        self.result = ends.result
        self.following = ends.following
        self.ends = ends
        self.remedies = remedies
        self.untargeted = untargeted
        self.bystander = bystander
        self.matters = matters
        self.curtailed = False
        self.in_full_only: set[DatabaseId] = set()  # databases from which partial migrates were not tried
        self._whole: dict[DatabaseId, RunPath] = {}
        self._ends: dict[RunResult, tuple[UpgradeFailure, ...]] = {}
        self._partial: dict[DatabaseId, ReachedDatabase] = {}
        self._sound: set[DatabaseId] = set()
        self._thoroughly_sound: set[DatabaseId] = set()

    def explore(
        self, start: DatabaseId, *, thoroughly: bool = False, passed: Passed | None = None
    ) -> tuple[tuple[UpgradeFailure, ...], int]:
        """The failures of the first database that has any, among those reached from this one, shortest rollouts first; and the number of migrate
        calls. Partial targets are tried from the start, and with `thoroughly` from every database. `passed`: failures that do not end the search; a
        failure passed on one path to a database is passed on every path."""
        sound = self._thoroughly_sound if thoroughly else self._sound
        came: Came = {start: None}
        queue, tried = [start], 0
        walked: set[RunPath] = set()  # runs whose remainder was explored already
        for place in queue:
            if place in sound and place is not start:
                continue
            in_part = (place is start or (thoroughly and self.has_time())) and self.has_room(place, start)
            tried += 1
            at_once = self.whole(place)
            upgrade_failures = not_passed(at_once, place, came, passed)
            if upgrade_failures:
                return upgrade_failures, tried
            if any(trouble.error for trouble in at_once):
                continue  # a passed failure: no database results
            for act, reached in self.reached_by_whole(place, walked):
                if reached not in came:
                    came[reached] = (place, act)
                    queue.append(reached)
            if in_part:
                seen = self.partial(place)
                tried += seen.tried
                upgrade_failures = not_passed(seen.upgrade_failures, place, came, passed)
                if upgrade_failures:
                    return upgrade_failures, tried
                for act, reached in seen.leads_to:
                    if reached not in came:
                        came[reached] = (place, act)
                        queue.append(reached)
        sound.update(queue)
        return (), tried

    def follow(self, start: DatabaseId, path: Iterable[UpgradeStep]) -> DatabaseId | None:
        """The database that results from these steps, which were taken with another tree; None if this tree does not allow them all."""
        place: DatabaseId | None = start
        for act in path:
            place = None if place is None else self.reached_by(place, act)
        return place

    def reached_by(self, place: DatabaseId, act: UpgradeStep) -> DatabaseId | None:
        if act.target is None:
            self.whole(place)
            way = self._whole[place]
            finish, stops = way.finish, dict[MigrationKey | None, DatabaseId](way)
        else:
            steps, finish = self.result.go(place, act.target)
            stops = {step.key: step.place for step in steps}
        if act.stopped is not None:
            return stops.get(act.stopped)
        return finish.end if finish.error is None else None

    def upgrade_failures_at(self, place: DatabaseId) -> tuple[UpgradeFailure, ...]:
        """The direct failures of a full or partial migrate from there."""
        return (*self.whole(place), *self.partial(place).upgrade_failures)

    @property
    def places(self) -> Iterable[DatabaseId]:
        """Every checked database."""
        return self._whole

    def has_time(self) -> bool:
        self.curtailed = self.curtailed or self.result.runs > self.most_runs
        return not self.curtailed

    def has_room(self, place: DatabaseId, start: DatabaseId) -> bool:
        """Whether partial migrates are tried: their states may exceed the memory. A full migrate, with all its stops, is always tried."""
        if place in self._partial or len(self.result.memory.states) < MOST_STATES_IN_PART:
            return True
        self.curtailed = True
        if place is start:
            self.in_full_only.add(start)
        return False

    def whole(self, place: DatabaseId) -> tuple[UpgradeFailure, ...]:
        """The failures during or after a full migrate. All runs with the same end are judged at once."""
        way = self._whole.get(place)
        if way is None:
            way = self._whole[place] = self.result.way(place)
        finish = way.finish
        upgrade_failures = self._ends.get(finish)
        if upgrade_failures is None:
            found = list(failed(MIGRATE, finish.error))
            if finish.error is None:
                found += [wrong_end((MIGRATE,), wrong) for wrong in self.ends.judged(finish.end)]
            upgrade_failures = self._ends[finish] = distinct(found)
        return upgrade_failures

    def reached_by_whole(
        self, place: DatabaseId, walked: set[RunPath]
    ) -> Iterator[tuple[UpgradeStep, DatabaseId]]:
        """The databases reached by a full migrate, including stops that are not yet in `walked`, and by the repair for the ledger."""
        way = self._whole[place]
        if way.finish.error is None:
            yield FULL, way.finish.end
        while way.rest is not None and way not in walked:
            walked.add(way)
            if self.is_checked(way.key, way.rest.key):
                yield UpgradeStep(stopped=way.key), way.rest.place
            way = way.rest
        yield from self.by_repair(place)

    def partial(self, place: DatabaseId) -> ReachedDatabase:
        """Directly the next release; each app first; each unapplied migration. A target that is applied migrates nothing, as the bystander does, or
        backwards."""
        seen = self._partial.get(place)
        if seen is None:
            upgrade_failures, tried = list(self.next_release(place)), 1
            leads_to: dict[DatabaseId, UpgradeStep] = {}
            for act in self.first_steps(place):
                assert act.target is not None, "a full migrate is no partial one"
                steps, finish = self.result.go(place, act.target)
                tried += 1
                error = finish.error
                if error is None:
                    leads_to.setdefault(finish.end, act)
                elif error.kind in ("Backwards", "AmbiguityError"):
                    continue  # not a forward migration, or not possible in Django
                else:
                    upgrade_failures.extend(failed(str(act), error))
                for step in steps if self.matters is None else self.stops(steps):
                    if step.place not in leads_to:
                        leads_to[step.place] = UpgradeStep(act.target, step.key)
            found = tuple((act, reached) for reached, act in leads_to.items())
            seen = self._partial[place] = ReachedDatabase(distinct(upgrade_failures), found, tried)
        return seen

    def is_checked(self, key: MigrationKey | None, following: MigrationKey | None) -> bool:
        """Whether a stop between these two is checked."""
        return self.matters is None or key in self.matters or following in self.matters

    def stops(self, steps: Sequence[Stop]) -> Iterator[Stop]:
        """All stops, including the end of the run."""
        for step, following in pairwise(steps):
            if self.is_checked(step.key, following.key):
                yield step
        yield from steps[-1:]

    def first_steps(self, place: DatabaseId) -> Iterator[UpgradeStep]:
        unapplied = self.result.unapplied_at(place)
        if isinstance(unapplied, RunError):
            return
        nodes = [key for key in unapplied if key not in self.untargeted]
        yield from first_steps((self.bystander, *sorted({key.app for key in nodes})), nodes, self.matters)

    def by_repair(self, place: DatabaseId) -> Iterator[tuple[UpgradeStep, DatabaseId]]:
        """The database after the repair for its ledger: a repair derived from the ledger applies to this database too (FACTS F28)."""
        rows = self.remedies.rows_for(place) if self.remedies else ()
        if self.remedies and rows:
            yield UpgradeStep(repair=rows), self.remedies.with_rows(place, rows)

    def next_release(self, place: DatabaseId) -> Iterator[UpgradeFailure]:
        """Directly the next release, as in a population that skips this one."""
        error = self.following.way(place).finish.error
        for wrong in self.ends.next_release(place, only_new=False):
            yield replace(wrong_end((), wrong), error=error)


def wrong_end(before: tuple[str, ...], wrong: WrongEnd) -> UpgradeFailure:
    return UpgradeFailure((*before, *WORDS[wrong.phase]), wrong.step, wrong.problem)


def failed(act: str, error: RunError | None) -> Iterator[UpgradeFailure]:
    if error is not None:
        yield UpgradeFailure((act,), error.step, error.problem, error)


def not_passed(
    upgrade_failures: tuple[UpgradeFailure, ...], place: DatabaseId, came: Came, passed: Passed | None
) -> tuple[UpgradeFailure, ...]:
    """The failures that were not passed, with the steps that led to the database."""
    if not upgrade_failures:
        return ()
    path: list[UpgradeStep] = []
    step = came[place]
    while step is not None:
        place, act = step
        path.append(act)
        step = came[place]
    there = (replace(trouble, path=tuple(reversed(path))) for trouble in upgrade_failures)
    return tuple(trouble for trouble in there if passed is None or not passed(trouble))


def distinct(upgrade_failures: list[UpgradeFailure]) -> tuple[UpgradeFailure, ...]:
    """The first of all failures with equal problems."""
    first = {trouble.problem: trouble for trouble in reversed(upgrade_failures)}
    return tuple(reversed(first.values()))
