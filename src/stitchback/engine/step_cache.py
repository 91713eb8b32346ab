"""The result of each migration on a database in the middle of a run, shared by all trees of one
`EngineCache`.
"""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine.database import DatabaseId
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.executor import Applied, done_by_django
from stitchback.engine.simulation import LoaderFiles, SymbolicMigration
from stitchback.model.keys import MigrationKey


@dataclass(slots=True, eq=False)
class RunState:
    """A database in the middle of a run, with the token of the state that Django's executor has there.
    `after`: the result of each migration that ran here, by its `kind`.
    """

    place: DatabaseId
    token: int
    after: dict[int, StepResult]


@dataclass(slots=True, eq=False)
class StepResult:
    """What one migration did, and the database after it."""

    key: MigrationKey
    place: DatabaseId
    done: Applied
    run_state: RunState


class StepCache:
    """`StepCache.of` returns the one of an `EngineCache`."""

    @classmethod
    def of(cls, memory: EngineCache) -> StepCache:
        found = memory.kept.get("spots")
        if not isinstance(found, cls):
            found = memory.kept["spots"] = cls(memory)
        return found

    def __init__(self, memory: EngineCache) -> None:
        self.memory = memory
        self.known: dict[tuple[DatabaseId, int], RunState] = {}
        self.done: dict[tuple[int, int, int], Applied] = {}

    def at(self, place: DatabaseId, token: int) -> RunState:
        run_state = self.known.get((place, token))
        if run_state is None:
            run_state = self.known[place, token] = RunState(place, token, {})
        return run_state

    def step(self, run_state: RunState, migration: SymbolicMigration, files: LoaderFiles) -> StepResult:
        """The result of running the migration of those files there."""
        kind, place, memory = migration.kind, run_state.place, self.memory
        what = (kind, run_state.token, place.schema)
        done = self.done.get(what)
        if done is None:
            done = self.done[what] = done_by_django(migration, run_state.token, place.schema, files, memory)
        data = tuple(sorted((*place.data, *done.data))) if done.data else place.data
        reached = memory.place(place.rows | done.bits, done.schema, data)
        step = run_state.after[kind] = StepResult(done.key, reached, done, self.at(reached, done.token))
        return step
