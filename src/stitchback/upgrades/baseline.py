"""The baseline: what fails with mainline's own tree, even without a plan. No plan has to correct it, and none is refused because of it.

A failure is mainline's if the same upgrade steps with its tree result in the same failure, from the databases of `KindsOfDatabase.without_patch`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Generic, TypeVar

from stitchback.model.plans import Population
from stitchback.upgrades.histories import OF_MAINLINE

Database = TypeVar("Database")
Failed = TypeVar("Failed")


def is_excusable(population: Population, *, plainly: bool) -> bool:
    """Whether the failure counts as mainline's if mainline has it. Not that of a plain migrate of a fresh install, or of a database that mainline's
    own releases need not migrate: it has to succeed."""
    return not plainly or population.lineage in OF_MAINLINE


class Baseline(ABC, Generic[Database, Failed]):
    """Mainline's own tree, tried like a plan."""

    def reproduces(self, failure: Failed, starts: Iterable[Database]) -> bool:
        """Whether the failure occurs on one of these databases too."""
        return any(self.identity(failure) in self.fails_with(failure, start) for start in starts)

    @abstractmethod
    def identity(self, failure: Failed) -> object:
        """Equal for the same failure."""

    @abstractmethod
    def fails_with(self, failure: Failed, start: Database) -> Collection[object]:
        """The identities of mainline's failures after the upgrade steps that led to that one."""
