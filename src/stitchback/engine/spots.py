"""Databases in the middle of a run, and what each migration makes of them: the same for all trees of one Memory."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine.executing import Applied, done_by_django
from stitchback.engine.memory import Memory
from stitchback.engine.places import Place
from stitchback.engine.simulation import Files, SymbolicMigration
from stitchback.model.keys import MigrationKey


@dataclass(slots=True, eq=False)
class Spot:
    """A database in the middle of a run, where Django's executor has the state of that token. `after`: what each migration,
    by its kind, does here, and where it leads."""

    place: Place
    token: int
    after: dict[int, Reached]


@dataclass(slots=True, eq=False)
class Reached:
    """What one migration did, and the database after it."""

    key: MigrationKey
    place: Place
    done: Applied
    spot: Spot


class Spots:
    """`Spots.of` is the memory's."""

    @classmethod
    def of(cls, memory: Memory) -> Spots:
        found = memory.kept.get("spots")
        if not isinstance(found, cls):
            found = memory.kept["spots"] = cls(memory)
        return found

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.known: dict[tuple[Place, int], Spot] = {}
        self.done: dict[tuple[int, int, int], Applied] = {}

    def at(self, place: Place, token: int) -> Spot:
        spot = self.known.get((place, token))
        if spot is None:
            spot = self.known[place, token] = Spot(place, token, {})
        return spot

    def step(self, spot: Spot, migration: SymbolicMigration, files: Files) -> Reached:
        """The migration of those files run there."""
        kind, place, memory = migration.kind, spot.place, self.memory
        what = (kind, spot.token, place.schema)
        done = self.done.get(what)
        if done is None:
            done = self.done[what] = done_by_django(migration, spot.token, place.schema, files, memory)
        data = tuple(sorted((*place.data, *done.data))) if done.data else place.data
        reached = memory.place(place.rows | done.bits, done.schema, data)
        step = spot.after[kind] = Reached(done.key, reached, done, self.at(reached, done.token))
        return step
