"""Everything that may be done to one database after the merge, tried out.

From a population's database: a full `migrate`; each app first; each partial target; straight to the next release. From
whatever comes of that, and wherever it may stop: a full `migrate` again, with the next release's deploy after it, and the
repair that its ledger asks for, until nothing new comes out. Then, as far as a bound allows, all of it from there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from stitchback.engine import Place, RunError, Standing, Target, Trace
from stitchback.model.keys import MigrationKey
from stitchback.proof.ends import AFTERWARDS, NEXT_RELEASE, Ends
from stitchback.proof.repairs import Remedies

MOST_RUNS = 3000  # calls of migrate in one proof, before a second partial migrate after a first one is no longer tried
MOST_RUNS_BESIDE = 600  # the same, in the proof of a plan that is only listed beside the chosen one
REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong: `did` are the acts from the population's database on, the last one being the one that failed."""

    did: tuple[str, ...]
    step: str
    message: str
    error: RunError | None = None

    def after(self, path: tuple[str, ...]) -> Trouble:
        return replace(self, did=(*path, *self.did))


@dataclass(frozen=True, slots=True)
class Seen:
    """A database looked at: what fails on it at once, and the databases that one more act makes of it."""

    troubles: tuple[Trouble, ...]
    leads_to: tuple[tuple[str, Place], ...]
    tried: int


class Rollouts:
    """`ends` judges databases after a full migrate. Nobody migrates to the `untargeted` by name; `bystander` is an installed app
    that nothing depends on. `most_runs`: calls of migrate before a second partial one after a first one is no longer tried."""

    def __init__(
        self,
        ends: Ends,
        remedies: Remedies,
        untargeted: frozenset[MigrationKey],
        bystander: str,
        most_runs: int = MOST_RUNS,
    ) -> None:
        self.most_runs = most_runs
        self.result = ends.result
        self.following = ends.following
        self.ends = ends
        self.remedies = remedies
        self.untargeted = untargeted
        self.bystander = bystander
        self.curtailed = False
        self._whole: dict[Place, Seen] = {}
        self._partial: dict[Place, Seen] = {}
        self._sound: set[Place] = set()
        self._thoroughly_sound: set[Place] = set()

    def explore(self, start: Place, *, thoroughly: bool = False) -> tuple[tuple[Trouble, ...], int]:
        """The troubles of the first database that has any, on the way that rollouts lead from this one, shortest rollouts
        first; and how many calls of migrate were looked at. Partial targets are tried from the start, `thoroughly` from
        everywhere."""
        sound = self._thoroughly_sound if thoroughly else self._sound
        paths: dict[Place, tuple[str, ...]] = {start: ()}
        queue, tried = [start], 0
        for place in queue:
            if place in sound and place != start:
                continue
            looks = [self.whole(place)]
            if place == start or (thoroughly and self.has_time()):
                looks.append(self.partial(place))
            for seen in looks:
                tried += seen.tried
                if seen.troubles:
                    return tuple(each.after(paths[place]) for each in seen.troubles), tried
                for act, reached in seen.leads_to:
                    if reached not in paths:
                        paths[reached] = (*paths[place], act)
                        queue.append(reached)
        sound.update(queue)
        return (), tried

    def once(self, start: Place) -> tuple[tuple[Trouble, ...], int]:
        """The troubles of one full migrate, without any stop."""
        seen = self.whole(start)
        return seen.troubles, seen.tried

    @property
    def places(self) -> Iterable[Place]:
        """Every database that was looked at."""
        return self._whole

    def has_time(self) -> bool:
        self.curtailed = self.curtailed or self.result.runs > self.most_runs
        return not self.curtailed

    def whole(self, place: Place) -> Seen:
        """A full migrate, and the repair that the ledger asks for."""
        seen = self._whole.get(place)
        if seen is None:
            trace = self.result.go(place)
            troubles = list(failed("migrate", trace))
            if trace.error is None:
                said = self.ends.judged(trace.end.place)
                troubles += [Trouble(("migrate", *did), step, message) for did, step, message in said]
            leads_to = (*reached("migrate", trace), *self.by_repair(place))
            seen = self._whole[place] = Seen(distinct(troubles), leads_to, 1)
        return seen

    def partial(self, place: Place) -> Seen:
        """Straight to the next release; each app first; each migration that is not applied yet. Who names one that is applied
        migrates nothing, as with the bystander, or backwards."""
        seen = self._partial.get(place)
        if seen is None:
            troubles, leads_to, tried = list(self.next_release(place)), list[tuple[str, Place]](), 1
            for target in self.targets(place):
                act = f"migrate {target[0]} {target[1] or ''}".strip()
                trace = self.result.go(place, target)
                tried += 1
                if trace.error is not None and trace.error.kind in ("Backwards", "AmbiguityError"):
                    continue  # not a way forward, or not a way that Django offers
                troubles.extend(failed(act, trace))
                leads_to.extend(reached(act, trace))
            seen = self._partial[place] = Seen(distinct(troubles), tuple(leads_to), tried)
        return seen

    def targets(self, place: Place) -> Iterator[Target]:
        standing = self.result.standing_at(place)
        if not isinstance(standing, Standing):
            return
        yield (self.bystander, None)
        nodes = [key for key in standing.unapplied if key not in self.untargeted]
        yield from ((app, None) for app in sorted({key.app for key in nodes}))
        yield from ((key.app, key.name) for key in nodes)

    def by_repair(self, place: Place) -> Iterator[tuple[str, Place]]:
        """FACTS F28: whoever repairs by the ledger repairs this database too."""
        rows = self.remedies.rows_for(place)
        if rows:
            yield f"{REPAIR} ({', '.join(map(str, rows))} put in)", self.remedies.with_rows(place, rows)

    def next_release(self, place: Place) -> Iterator[Trouble]:
        """Straight to the next release, as from a population that skips this one."""
        trace = self.following.go(place)
        yield from failed(NEXT_RELEASE, trace)
        if trace.error is None:
            for said in self.ends.judged_next(trace.end.place):
                yield Trouble((NEXT_RELEASE,), AFTERWARDS, said)


def failed(act: str, trace: Trace) -> Iterator[Trouble]:
    if trace.error is not None:
        yield Trouble((act,), step_of(trace.error.at), trace.error.message, trace.error)


def reached(act: str, trace: Trace) -> Iterator[tuple[str, Place]]:
    if trace.error is None:
        yield act, trace.end.place
    for moment in trace.moments:
        yield f"{act}, stopped after {moment.key}", moment.place


def step_of(key: MigrationKey | None) -> str:
    return str(key) if key else "before anything is run"


def distinct(troubles: list[Trouble]) -> tuple[Trouble, ...]:
    """Of those that say the same the first."""
    first = {trouble.message: trouble for trouble in reversed(troubles)}
    return tuple(reversed(first.values()))
