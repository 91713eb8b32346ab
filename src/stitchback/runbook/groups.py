"""Populations that the runbook describes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FinishFirst, PopulationOutcome

MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class GroupedPopulations:
    """Populations with the same manual step and the same migrations to run."""

    outcomes: tuple[PopulationOutcome, ...]

    @property
    def inserts(self) -> tuple[MigrationKey, ...]:
        return self.outcomes[0].inserts

    @property
    def finish(self) -> FinishFirst | None:
        return self.outcomes[0].finish

    @property
    def will_run(self) -> tuple[MigrationKey, ...]:
        return self.outcomes[0].will_run

    @property
    def names(self) -> str:
        names = [outcome.population.name for outcome in self.outcomes]
        rest = len(names) - MOST_NAMES
        return "; ".join(names[:MOST_NAMES]) + (f"; and {rest} more" if rest > 0 else "")


def together(outcomes: Iterable[PopulationOutcome]) -> tuple[GroupedPopulations, ...]:
    """The groups, ordered by the first population of each."""
    found: dict[object, list[PopulationOutcome]] = {}
    for outcome in outcomes:
        found.setdefault((outcome.finish, outcome.inserts, outcome.will_run), []).append(outcome)
    return tuple(GroupedPopulations(tuple(each)) for each in found.values())
