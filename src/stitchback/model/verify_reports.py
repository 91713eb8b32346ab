"""What `verify` found on real databases, and `verify --rolling` at each stop of a deploy."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Failure


@dataclass(frozen=True, slots=True, order=True)
class QueryAnswer:
    """One query of the project's own models. `field`: that it is about, "" for all. `error`: what was raised, "" where it worked; `reason`: why it could not be
    tried."""

    model: str
    query: str
    field: str
    error: str = ""
    reason: str = ""

    @property
    def id(self) -> tuple[str, str, str]:
        return (self.model, self.query, self.field)

    def __str__(self) -> str:
        return f"{'.'.join(filter(None, (self.model, self.field)))}: {self.query}"


Answers = tuple[QueryAnswer, ...]


@dataclass(frozen=True, slots=True)
class StopAnswers:
    """After `key` was applied, None before the first migration: what the models of the code asked."""

    key: MigrationKey | None
    answers: Answers

    @property
    def failures(self) -> Answers:
        return tuple(answer for answer in self.answers if answer.error)


@dataclass(frozen=True, slots=True)
class RollingRun:
    """On one engine. `stops`: without the queries that fail on the code's own schema too; those are in `left_out`. `unfilled`: tables that got no rows, and
    why. `error`: why `migrate` ended before the last stop."""

    vendor: str
    django: str
    code: str
    stops: tuple[StopAnswers, ...]
    left_out: Answers = ()
    unfilled: tuple[str, ...] = ()
    error: str = ""

    @property
    def went_well(self) -> bool:
        return not self.error and not any(stop.failures for stop in self.stops)


@dataclass(frozen=True, slots=True)
class PopulationReport:
    """`lineage` as `model.plans.Population` has it. `repair` is the SQL that was run before the deploy, "" where none was needed.
    `ran` are the migrations that a full migrate runs. `unfilled` says which tables got no rows, and why. `also`: releases that left
    the same database. `finished_first`: before the deploy it was migrated to the end with its old code, as the plan asks for."""

    name: str
    lineage: str
    ledger: tuple[MigrationKey, ...]
    repair: str
    ran: tuple[MigrationKey, ...]
    rollouts: int
    differences: tuple[Failure, ...]
    unfilled: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    finished_first: bool = False


@dataclass(frozen=True, slots=True)
class EngineReport:
    """All of it on one engine. `migrations` counts the calls of `migrate`, `remarks` what could not be tried."""

    vendor: str
    django: str
    populations: tuple[PopulationReport, ...]
    differences: tuple[Failure, ...]  # those of the tree itself, then the populations'
    remarks: tuple[str, ...]
    migrations: int

    @property
    def rollouts(self) -> int:
        return sum(population.rollouts for population in self.populations)

    @property
    def repaired(self) -> tuple[PopulationReport, ...]:
        return tuple(population for population in self.populations if population.repair)
