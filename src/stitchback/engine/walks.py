"""What Django's `migrate` does from thousands of places, without going through Django thousands of times.

Django itself makes each graph, reads each target, applies and records each migration from each state on each schema, and
does whole every call that it refuses, or that is not of the kind below. What is taken over is this, of
`MigrationExecutor`:

* `migration_plan`: where all parents of what is applied are applied, and no target is, the plan is what `forwards_plan`
  names, without what is applied;
* `_create_project_state`: the state is that of the applied migrations in the order of the full plan;
* `_migrate_all_forwards`: the migrations of the plan are applied in the order of the full plan, one after the other;
* `apply_migration`: what it does depends on the migration, the state and the schema, and not on other rows.

`tests/unit/engine/test_executing.py` and `tests/django/test_engine_agrees.py` hold it against Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stitchback.engine.courses import Course, Ledgers, shape_of
from stitchback.engine.executing import TreeExecutor
from stitchback.engine.memory import Memory
from stitchback.engine.migrating import SAYS_NO, Options, Target, connection_at, told
from stitchback.engine.names import Name
from stitchback.engine.places import Place
from stitchback.engine.runs import RunError
from stitchback.engine.simulation import Files, SymbolicMigration
from stitchback.engine.spots import Reached, Spot, Spots
from stitchback.model.keys import MigrationKey


class Position(NamedTuple):
    """What Django has worked out about a ledger when it begins to run migrations."""

    course: Course
    applied: int
    token: int


@dataclass(slots=True, eq=False)
class Finish:
    """How a run ends: where, with which rows added at the end, and the error."""

    end: Place
    recorded: tuple[Name, ...] = ()
    error: RunError | None = None


@dataclass(slots=True, eq=False)
class Way:
    """The rest of a full `migrate` at a place: the migration that runs next and the way from there, None for both at its end.
    `finish` is the same all the way. One object for all full runs that come to the same rest."""

    place: Place
    key: MigrationKey | None
    rest: Way | None
    finish: Finish

    def __iter__(self) -> Iterator[tuple[MigrationKey, Place]]:
        """Each migration, and the place that it leads to."""
        way: Way | None = self
        while way is not None and way.key is not None and way.rest is not None:
            yield way.key, way.rest.place
            way = way.rest


class Walk(NamedTuple):
    """A call of `migrate`, step by step."""

    steps: list[Reached]
    finish: Finish

    @property
    def recorded(self) -> list[Name]:
        """The rows that it adds, in order."""
        rows = [row for step in self.steps for row in step.done.rows]
        return [*rows, *self.finish.recorded]


class Walks:
    """Of one tree."""

    def __init__(self, files: Files, memory: Memory) -> None:
        self.files, self.memory = files, memory
        self.replacing = memory.bits_of(files.replacing)
        self.courses: dict[tuple[object, ...], Course] = {}
        self.ledgers: dict[int, Ledgers | None] = {}
        self.positions: dict[int, Position | None] = {}
        self.spots = Spots.of(memory)
        self.ways: dict[tuple[Course, Spot, int], Way] = {}

    def walk(self, place: Place, target: Target | None, options: Options) -> Walk | None:
        """None where Django has to be asked."""
        position = self.position(place.rows)
        if position is None or options.fake or options.backwards:
            return None
        course = position.course
        aim = course.aim(target, exact=options.exact)
        if (
            aim is None
            or position.applied & aim.named
            or (course.split and not options.in_spite_of_conflicts)
        ):
            return None
        return self.walked(course, self.spot(place, position.token), aim.needed & ~position.applied)

    def walked(self, course: Course, spot: Spot, waiting: int) -> Walk:
        steps: list[Reached] = []
        while waiting:
            first = waiting & -waiting
            waiting ^= first
            step = self.step(spot, course.migrations[first.bit_length() - 1])
            if step.done.error is not None:
                return Walk(steps, Finish(spot.place, error=told(step.done.error, step.key)))
            steps.append(step)
            spot = step.spot
        return Walk(steps, self.finish(course, spot.place))

    def way(self, place: Place) -> Way | None:
        """A full `migrate`; None where Django has to be asked."""
        position = self.position(place.rows)
        if position is None or position.course.split:
            return None
        course, spot = position.course, self.spot(place, position.token)
        waiting = course.all & ~position.applied
        passed: list[tuple[Spot, int, MigrationKey]] = []
        way = self.ways.get((course, spot, waiting))
        while way is None:
            if not waiting:
                way = self.ways[course, spot, 0] = Way(
                    spot.place, None, None, self.finish(course, spot.place)
                )
                break
            first = waiting & -waiting
            step = self.step(spot, course.migrations[first.bit_length() - 1])
            if step.done.error is not None:
                finish = Finish(spot.place, error=told(step.done.error, step.key))
                way = self.ways[course, spot, waiting] = Way(spot.place, None, None, finish)
                break
            passed.append((spot, waiting, step.key))
            spot, waiting = step.spot, waiting ^ first
            way = self.ways.get((course, spot, waiting))
        for spot, waiting, key in reversed(passed):
            way = self.ways[course, spot, waiting] = Way(spot.place, key, way, way.finish)
        return way

    def finish(self, course: Course, place: Place) -> Finish:
        recorded = course.recorded_at_the_end(place)
        if not recorded:
            return Finish(place)
        rows = place.rows | self.memory.bits_of(recorded)
        return Finish(self.memory.place(rows, place.schema, place.data), recorded)

    def step(self, spot: Spot, migration: SymbolicMigration) -> Reached:
        step = spot.after.get(migration.kind)
        return self.spots.step(spot, migration, self.files) if step is None else step

    def spot(self, place: Place, token: int) -> Spot:
        return self.spots.at(place, token)

    def unapplied(self, rows: int) -> tuple[MigrationKey, ...] | None:
        """Nodes of the graph that do not count as applied, sorted; None where Django has to be asked."""
        ledgers = self.ledgers_like(rows)
        return None if ledgers is None else ledgers.course.unapplied(ledgers.applied(rows))

    def position(self, rows: int) -> Position | None:
        """None where Django refuses the ledger, or where what is applied lacks a parent."""
        if rows not in self.positions:
            self.positions[rows] = self.found(rows)
        return self.positions[rows]

    def found(self, rows: int) -> Position | None:
        ledgers = self.ledgers_like(rows)
        if ledgers is None:
            return None
        applied = ledgers.applied(rows)
        token = ledgers.course.token(applied)
        if token is None or not ledgers.is_consistent(rows, applied):
            return None
        return Position(ledgers.course, applied, token)

    def ledgers_like(self, rows: int) -> Ledgers | None:
        """A graph depends on the ledger only as far as names in `replaces`, and what has one, are in it. None where Django cannot
        make it."""
        part = rows & self.replacing
        if part not in self.ledgers:
            connection = connection_at(self.memory.place(part, 0, ()), self.files, self.memory)
            try:
                executor = TreeExecutor(connection, self.files)
                self.ledgers[part] = Ledgers(self.course(executor), executor.loader.built)
            except SAYS_NO:
                self.ledgers[part] = None  # Django says why to whoever comes with such a ledger
        return self.ledgers[part]

    def course(self, executor: TreeExecutor) -> Course:
        shape = shape_of(executor.loader.graph)
        course = self.courses.get(shape)
        if course is None:
            course = self.courses[shape] = Course(executor, self.files, self.memory)
        return course
