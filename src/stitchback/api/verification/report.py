"""What was done to real databases, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.adapters.projects import Keys
from stitchback.model.plans import Failure


@dataclass(frozen=True, slots=True)
class PopulationReport:
    """`lineage` as `model.plans.Population` has it. `repair` is the SQL that was run before the deploy, "" where none was needed.
    `ran` are the migrations that a full migrate runs. `unfilled` says which tables got no rows, and why. `also`: releases that left
    the same database. `finished_first`: before the deploy it was migrated to the end with its old code, as the plan asks for."""

    name: str
    lineage: str
    ledger: Keys
    repair: str
    ran: Keys
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
