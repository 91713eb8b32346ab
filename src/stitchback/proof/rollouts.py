"""Everything that may be done to one database after the merge, tried out.

From a population's database: a full `migrate`; each app first; each partial target; straight to the next release. From
whatever comes of that, and wherever it may stop: a full `migrate` again, with the next release's deploy after it, and the
repair that its ledger asks for, until nothing new comes out. Then, as far as a bound allows, all of it from there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from stitchback.engine import DatabaseId, RunError, RunPath, RunResult, Stop, Target
from stitchback.model.keys import MigrationKey
from stitchback.proof.final_state_checks import AFTERWARDS, NEXT_RELEASE, FinalStateChecks
from stitchback.proof.manual_steps import ManualSteps

MOST_RUNS = 3000  # calls of migrate in one proof, before a second partial migrate after a first one is no longer tried
MOST_RUNS_BESIDE = 600  # the same, in the proof of a plan that is only listed beside the chosen one
MOST_STATES_IN_PART = 60_000  # states of models in one proof, before partial migrates are no longer tried
REPAIR = "repair"


class UpgradeStep(NamedTuple):
    """Something that was done to a database, and after which migration it was stopped. `target`: None for a full migrate; `repair`: the rows
    that were put in instead of migrating."""

    target: Target | None = None
    stopped: MigrationKey | None = None
    repair: tuple[MigrationKey, ...] = ()

    @property
    def migration(self) -> MigrationKey | None:
        """The one at which it ended, where it is known by that."""
        app, name = self.target or ("", None)
        return self.stopped or (MigrationKey(app, name) if name else None)

    def __str__(self) -> str:
        if self.repair:
            return f"{REPAIR} ({', '.join(map(str, self.repair))} inserted)"
        did = " ".join(("migrate", *(word for word in self.target or () if word)))
        return did if self.stopped is None else f"{did}, stopped after {self.stopped}"


Kind = tuple[str, str]  # a trouble's step and message: what tells it from another, however it was come to


@dataclass(frozen=True, slots=True)
class UpgradeFailure:
    """What went wrong: `path` are the acts from the population's database on, `did` what was done then and failed."""

    did: tuple[str, ...]
    step: str
    message: str
    error: RunError | None = None
    path: tuple[UpgradeStep, ...] = ()

    @property
    def kind(self) -> Kind:
        return self.step, self.message

    @property
    def acts(self) -> tuple[str, ...]:
        """All of them in words, the last one being the one that failed."""
        return (*map(str, self.path), *self.did)


Passed = Callable[[UpgradeFailure], bool]
Came = dict[
    DatabaseId, tuple[DatabaseId, UpgradeStep] | None
]  # from where and by what a database was first reached


@dataclass(frozen=True, slots=True)
class ReachedDatabase:
    """A database looked at: what fails on it at once, and the databases that one more act makes of it, each once."""

    upgrade_failures: tuple[UpgradeFailure, ...]
    leads_to: tuple[tuple[UpgradeStep, DatabaseId], ...]
    tried: int


class Rollouts:
    """`ends` judges databases after a full migrate. Nobody migrates to the `untargeted` by name; `bystander` is an installed app
    that nothing depends on. `most_runs`: calls of migrate before a second partial one after a first one is no longer tried.
    `matters`: where it is said, only those are migrated to by name, and only stops after or right before one of them are looked at."""

    def __init__(
        self,
        ends: FinalStateChecks,
        remedies: ManualSteps,
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
        self.in_full_only: set[DatabaseId] = set()  # where partial migrates were not tried
        self._whole: dict[DatabaseId, RunPath] = {}
        self._ends: dict[RunResult, tuple[UpgradeFailure, ...]] = {}
        self._partial: dict[DatabaseId, ReachedDatabase] = {}
        self._sound: set[DatabaseId] = set()
        self._thoroughly_sound: set[DatabaseId] = set()

    def explore(
        self, start: DatabaseId, *, thoroughly: bool = False, passed: Passed | None = None
    ) -> tuple[tuple[UpgradeFailure, ...], int]:
        """The troubles of the first database that has any, on the way that rollouts lead from this one, shortest rollouts
        first; and how many calls of migrate were looked at. Partial targets are tried from the start, `thoroughly` from
        everywhere. `passed`: troubles for which nobody stops; what was passed on one way to a database is on every other."""
        sound = self._thoroughly_sound if thoroughly else self._sound
        came: Came = {start: None}
        queue, tried = [start], 0
        walked: set[RunPath] = set()  # whose rest has been gone already
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
                continue  # a trouble that is passed: nothing comes of this database
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
        """Where these acts lead, which were done with another tree; None where they cannot all be done with this one."""
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
        """What fails there at once, in a full migrate or in part."""
        return (*self.whole(place), *self.partial(place).upgrade_failures)

    @property
    def places(self) -> Iterable[DatabaseId]:
        """Every database that was looked at."""
        return self._whole

    def has_time(self) -> bool:
        self.curtailed = self.curtailed or self.result.runs > self.most_runs
        return not self.curtailed

    def has_room(self, place: DatabaseId, start: DatabaseId) -> bool:
        """What comes of partial migrates may be more than a machine holds; a full migrate, with all its stops, is tried from everywhere."""
        if place in self._partial or len(self.result.memory.states) < MOST_STATES_IN_PART:
            return True
        self.curtailed = True
        if place is start:
            self.in_full_only.add(start)
        return False

    def whole(self, place: DatabaseId) -> tuple[UpgradeFailure, ...]:
        """What fails in a full migrate, or after it. All that end in the same way are judged at once."""
        way = self._whole.get(place)
        if way is None:
            way = self._whole[place] = self.result.way(place)
        finish = way.finish
        upgrade_failures = self._ends.get(finish)
        if upgrade_failures is None:
            found = list(failed("migrate", finish.error))
            if finish.error is None:
                said = self.ends.judged(finish.end)
                found += [UpgradeFailure(("migrate", *did), step, message) for did, step, message in said]
            upgrade_failures = self._ends[finish] = distinct(found)
        return upgrade_failures

    def reached_by_whole(
        self, place: DatabaseId, walked: set[RunPath]
    ) -> Iterator[tuple[UpgradeStep, DatabaseId]]:
        """Where a full migrate leads, stops and all, as far as nobody has `walked` there, and the repair that the ledger asks for."""
        way = self._whole[place]
        if way.finish.error is None:
            yield UpgradeStep(), way.finish.end
        while way.rest is not None and way not in walked:
            walked.add(way)
            if self.is_checked(way.key, way.rest.key):
                yield UpgradeStep(stopped=way.key), way.rest.place
            way = way.rest
        yield from self.by_repair(place)

    def partial(self, place: DatabaseId) -> ReachedDatabase:
        """Straight to the next release; each app first; each migration that is not applied yet. Who names one that is applied
        migrates nothing, as with the bystander, or backwards."""
        seen = self._partial.get(place)
        if seen is None:
            upgrade_failures, tried = list(self.next_release(place)), 1
            leads_to: dict[DatabaseId, UpgradeStep] = {}
            for target in self.targets(place):
                act = UpgradeStep(target)
                steps, finish = self.result.go(place, target)
                tried += 1
                error = finish.error
                if error is None:
                    leads_to.setdefault(finish.end, act)
                elif error.kind in ("Backwards", "AmbiguityError"):
                    continue  # not a way forward, or not a way that Django offers
                else:
                    upgrade_failures.extend(failed(str(act), error))
                for step in steps if self.matters is None else self.stops(steps):
                    if step.place not in leads_to:
                        leads_to[step.place] = UpgradeStep(target, step.key)
            found = tuple((act, reached) for reached, act in leads_to.items())
            seen = self._partial[place] = ReachedDatabase(distinct(upgrade_failures), found, tried)
        return seen

    def is_checked(self, key: MigrationKey | None, following: MigrationKey | None) -> bool:
        """A stop between these two."""
        return self.matters is None or key in self.matters or following in self.matters

    def stops(self, steps: Sequence[Stop]) -> Iterator[Stop]:
        """The last one too: there the run ends."""
        for step, following in pairwise(steps):
            if self.is_checked(step.key, following.key):
                yield step
        yield from steps[-1:]

    def targets(self, place: DatabaseId) -> Iterator[Target]:
        unapplied = self.result.unapplied_at(place)
        if isinstance(unapplied, RunError):
            return
        yield (self.bystander, None)
        nodes = [key for key in unapplied if key not in self.untargeted]
        yield from ((app, None) for app in sorted({key.app for key in nodes}))
        if self.matters is not None:
            nodes = [key for key in nodes if key in self.matters]
        yield from ((key.app, key.name) for key in nodes)

    def by_repair(self, place: DatabaseId) -> Iterator[tuple[UpgradeStep, DatabaseId]]:
        """FACTS F28: whoever repairs by the ledger repairs this database too."""
        rows = self.remedies.rows_for(place)
        if rows:
            yield UpgradeStep(repair=rows), self.remedies.with_rows(place, rows)

    def next_release(self, place: DatabaseId) -> Iterator[UpgradeFailure]:
        """Straight to the next release, as from a population that skips this one."""
        finish = self.following.way(place).finish
        yield from failed(NEXT_RELEASE, finish.error)
        if finish.error is None:
            for said in self.ends.judged_next(finish.end):
                yield UpgradeFailure((NEXT_RELEASE,), AFTERWARDS, said)


def failed(act: str, error: RunError | None) -> Iterator[UpgradeFailure]:
    if error is not None:
        yield UpgradeFailure((act,), step_of(error.at), error.message, error)


def not_passed(
    upgrade_failures: tuple[UpgradeFailure, ...], place: DatabaseId, came: Came, passed: Passed | None
) -> tuple[UpgradeFailure, ...]:
    """The troubles, with the acts that led to the place."""
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


def step_of(key: MigrationKey | None) -> str:
    return str(key) if key else "before anything is run"


def distinct(upgrade_failures: list[UpgradeFailure]) -> tuple[UpgradeFailure, ...]:
    """Of those that say the same the first."""
    first = {trouble.message: trouble for trouble in reversed(upgrade_failures)}
    return tuple(reversed(first.values()))
