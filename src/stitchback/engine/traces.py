"""A short record of a `migrate` call on a symbolic database. `Trace.run` returns the full record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from stitchback.engine.database import DatabaseId, Name, SymbolicDatabase, as_key
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.runs import Run, RunError, RunStep
from stitchback.model.keys import MigrationKey


class TracePoint(NamedTuple):
    """A database at one moment of a run: right after `key` ran and was recorded, or at its end. `log`: the
    run's rows, of which there were `length` at that moment; a ledger only grows while Django migrates
    forwards.
    """

    key: MigrationKey | None
    log: list[Name]
    length: int
    data: tuple[str, ...]
    place: DatabaseId

    @property
    def rows(self) -> tuple[Name, ...]:
        return tuple(self.log[: self.length])

    def database(self, memory: EngineCache) -> SymbolicDatabase:
        return SymbolicDatabase(
            tuple(map(as_key, self.rows)), memory.schemas_by_number[self.place.schema], self.data
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """One call of `migrate`: the moments after each migration, the end, the error. The short form of `Run`."""

    moments: tuple[TracePoint, ...]
    end: TracePoint
    error: RunError | None = None

    @property
    def ran(self) -> tuple[MigrationKey, ...]:
        return tuple(moment.key for moment in self.moments if moment.key is not None)

    def run(self, memory: EngineCache) -> Run:
        steps = [RunStep(each.key, each.database(memory)) for each in self.moments if each.key is not None]
        at_last_step = self.moments and self.end is self.moments[-1]
        return Run(
            tuple(steps), steps[-1].database if at_last_step else self.end.database(memory), self.error
        )
