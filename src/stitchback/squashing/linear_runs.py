"""Linear runs: migrations of one app of which each depends on the one before it alone, and only the last has several dependents.

Squashing such a run changes no order: what the squash depends on is what the first of them depends on, and what depends on it depends on the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.squashing.obstacles import Obstacle, Obstacles, RunEnd

LEAST = 2  # migrations of a run


@dataclass(frozen=True, slots=True)
class LinearRun:
    """`migrations` in their order. `before`, `after`: what keeps the neighbours out."""

    migrations: tuple[MigrationKey, ...]
    before: tuple[RunEnd, ...] = ()
    after: tuple[RunEnd, ...] = ()

    @property
    def app(self) -> str:
        return self.migrations[0].app


@dataclass(frozen=True, slots=True)
class Alone:
    """A migration that is part of no run, and the first reason. `whose`: the migration that has the property; itself, or a neighbour."""

    migration: MigrationKey
    obstacle: Obstacle
    whose: MigrationKey
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunsOfTree:
    """`alone`: the migrations that are in none of the `runs`; an app with one migration has none."""

    runs: tuple[LinearRun, ...]
    alone: tuple[Alone, ...]


def runs_of(tree: Tree) -> RunsOfTree:
    """The longest runs of every app, in the order of the apps and of Django's plan."""
    found = Runs(tree)
    every = tuple(found.all())
    obstacles = ((key, found.obstacles.of_migration(key)) for key in tree.migrations)
    alone = [Alone(key, why[0], key, why[1]) for key, why in obstacles if why is not None]
    for run in every:
        ends = (*run.after, *run.before)
        if len(run.migrations) < LEAST and ends:
            alone.append(Alone(run.migrations[0], ends[0].obstacle, ends[0].migration, ends[0].others))
    return RunsOfTree(
        tuple(run for run in every if len(run.migrations) >= LEAST),
        tuple(sorted(alone, key=lambda each: each.migration)),
    )


class Runs:
    def __init__(self, tree: Tree) -> None:
        self.obstacles = Obstacles(tree)
        self.graph = self.obstacles.graph
        self.order = {key: place for place, key in enumerate(self.graph.order())}
        self.firsts: dict[MigrationKey, MigrationKey] = {}  # migration -> the first of its run

    def all(self) -> Iterator[LinearRun]:
        for key in sorted(self.order, key=lambda each: (each.app, self.order[each])):
            if key in self.firsts or self.obstacles.of_migration(key) is not None:
                continue
            run = self._from(key)
            self.firsts |= dict.fromkeys(run, key)
            yield LinearRun(run, tuple(self._before(run)), tuple(self._after(run)))

    def _from(self, first: MigrationKey) -> tuple[MigrationKey, ...]:
        run = [first]
        while (following := self._next(first, run[-1])) is not None:
            run.append(following)
        return tuple(run)

    def _next(self, first: MigrationKey, last: MigrationKey) -> MigrationKey | None:
        own = self._own(self.graph.children(last), last)
        if len(own) != 1 or self.obstacles.of_migration(own[0]) is not None:
            return None
        return own[0] if self.obstacles.between(first, last, own[0]) is None else None

    def _own(self, keys: tuple[MigrationKey, ...], of: MigrationKey) -> tuple[MigrationKey, ...]:
        return tuple(key for key in keys if key.app == of.app)

    def _before(self, run: tuple[MigrationKey, ...]) -> Iterator[RunEnd]:
        first = run[0]
        for parent in self._own(self.graph.parents(first), first):
            yield self._stop(parent, self.firsts.get(parent, parent), parent, first)

    def _after(self, run: tuple[MigrationKey, ...]) -> Iterator[RunEnd]:
        for child in self._own(self.graph.children(run[-1]), run[-1]):
            yield self._stop(child, run[0], run[-1], child)

    def _stop(
        self, neighbour: MigrationKey, first: MigrationKey, last: MigrationKey, after: MigrationKey
    ) -> RunEnd:
        """Why the run that starts with `first` does not go on from `last` to `after`."""
        why = self.obstacles.of_migration(neighbour)
        if why is not None:
            return RunEnd(neighbour, why[0], neighbour, why[1])
        between = self.obstacles.between(first, last, after)
        assert between is not None, "without an obstacle the run would go on"
        return RunEnd(neighbour, between[0], between[1], tuple(map(str, between[2])))
