"""The result of a `migrate` on a symbolic database, whole (`Run`) and as a short record (`Trace`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from stitchback.engine.database import DatabaseId, Name, SymbolicDatabase, as_key
from stitchback.engine.engine_cache import EngineCache
from stitchback.model.keys import MigrationKey
from stitchback.model.problems import Moment, Problem, Step


@dataclass(frozen=True, slots=True)
class RunStep:
    """The database right after `key` ran and was recorded, where a crash may leave it (FACTS F26, F27)."""

    key: MigrationKey
    database: SymbolicDatabase


@dataclass(frozen=True, slots=True)
class RunError:
    """`kind` is the class of Django's exception ("InconsistentMigrationHistory", "NodeNotFoundError",
    "CircularDependencyError", "CommandError" …), "Conflict" for multiple leaf nodes, "Clash" if an operation
    does not fit the database, "InconsistentState" if it does not fit the models, "Backwards" if the call
    would unapply migrations and may not. `problem`: with the message of Django or of the database. `at` is the
    migration that failed, None if Django failed before any.
    """

    kind: str
    problem: Problem
    at: MigrationKey | None = None

    @property
    def message(self) -> str:
        return self.problem.message

    @property
    def step(self) -> Step:
        return self.at or Moment.NOTHING_RUN


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `migrate`. `final` is the database afterwards. If there is an error, it is the database
    before the migration that failed.
    """

    steps: tuple[RunStep, ...]
    final: SymbolicDatabase
    error: RunError | None = None

    @property
    def ran(self) -> tuple[MigrationKey, ...]:
        return tuple(step.key for step in self.steps)


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
