"""What was done to real databases, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.adapters.projects import Keys
from stitchback.model.problems import Problem


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it must be. `rollout` is what was done to the database, `step` the last step."""

    population: str
    rollout: str
    step: str
    problem: Problem

    @property
    def what(self) -> str:
        return self.problem.message

    @property
    def kind(self) -> tuple[str, Problem]:
        """Equal for the same difference of several databases."""
        return self.step, self.problem

    def __str__(self) -> str:
        return f"{self.population}: {self.rollout}: {self.step}: {self.what}"


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
    differences: tuple[Difference, ...]
    unfilled: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    finished_first: bool = False


@dataclass(frozen=True, slots=True)
class EngineReport:
    """All of it on one engine. `migrations` counts the calls of `migrate`, `remarks` what could not be tried."""

    vendor: str
    django: str
    populations: tuple[PopulationReport, ...]
    differences: tuple[Difference, ...]  # those of the tree itself, then the populations'
    remarks: tuple[str, ...]
    migrations: int

    @property
    def rollouts(self) -> int:
        return sum(population.rollouts for population in self.populations)

    @property
    def repaired(self) -> tuple[PopulationReport, ...]:
        return tuple(population for population in self.populations if population.repair)
