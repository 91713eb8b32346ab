"""The kinds of database that the branches' histories have left behind, whichever back end creates them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from stitchback.model.keys import MigrationKey
from stitchback.model.plans import FORK, FRESH, LEDGER, MAINLINE, PATCHED, Population

FRESH_INSTALL = "fresh install"
OF_MAINLINE = (FORK, MAINLINE)  # a release of mainline created them, and mainline's next one migrates them
WITHOUT_PATCH = (FRESH, *OF_MAINLINE)  # no code of a patch branch has migrated them
NO_MANUAL_STEPS = (FRESH, FORK, PATCHED)  # no plan may ask for a row there


class HasLedger(Protocol):
    @property
    def ledger(self) -> tuple[MigrationKey, ...]: ...


Branch = TypeVar("Branch")
Created = TypeVar("Created", bound=HasLedger)
Database = TypeVar("Database")


def fork_point_of(ref: str) -> str:
    return f"fork point of {ref}"


def up_to(ref: str, newest: Iterable[object]) -> str:
    return f"{ref} up to {', '.join(map(str, newest))}"


def runs_code_of(population: Population, lineage: str, ref: str) -> bool:
    """Whether its databases may run the code of that tree before the deploy: only that code can migrate them to its end first."""
    own_branch = lineage == population.lineage and (lineage == MAINLINE or ref == population.ref)
    return own_branch or population.lineage == LEDGER


@dataclass(frozen=True, slots=True)
class KindOfDatabase(Generic[Database]):
    """A population and its database before the plan."""

    population: Population
    database: Database


@dataclass(slots=True)
class KindsOfDatabase(ABC, Generic[Branch, Created, Database]):
    """All kinds of database, each once, under the first name that it gets. `remarks`: which could not be created or tried."""

    kinds: list[KindOfDatabase[Database]] = field(default_factory=list, init=False)
    remarks: list[str] = field(default_factory=list, init=False)
    seen: set[Hashable] = field(default_factory=set, init=False)

    def create(self, branches: Sequence[Branch], ref: str) -> None:
        """A fresh install, the fork points, every patch branch, and mainline (from an empty database without patch branches), in this order."""
        self.add(FRESH_INSTALL, FRESH, ref, self.empty())
        starts = [self.at_fork_point(branch) for branch in branches]
        for branch, start in zip(branches, starts, strict=True):
            self.grow_patch(branch, start)
        for start in starts or [self.empty()]:
            self.grow_mainline(start)

    @abstractmethod
    def empty(self) -> Created:
        """The database before its first migrate."""

    @abstractmethod
    def at_fork_point(self, branch: Branch) -> Created:
        """Adds the database of the fork point's own tree, and returns it."""

    @abstractmethod
    def grow_patch(self, branch: Branch, start: Created) -> None:
        """Adds the databases that the patch branch's tree creates from the fork point's."""

    @abstractmethod
    def grow_mainline(self, start: Created) -> None:
        """Adds the databases that mainline's trees create from a fork point's."""

    @abstractmethod
    def identified(self, created: Created) -> tuple[Hashable, Database]:
        """What is equal for equal databases, and the database as the upgrades take it."""

    def add(
        self, name: str, lineage: str, ref: str, created: Created, newest: tuple[MigrationKey, ...] = ()
    ) -> None:
        identity, database = self.identified(created)
        if identity not in self.seen:
            self.seen.add(identity)
            population = Population(name, lineage, ref, created.ledger, newest)
            self.kinds.append(KindOfDatabase(population, database))

    def add_remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def of_lineage(self, lineage: str) -> Iterator[KindOfDatabase[Database]]:
        return (kind for kind in self.kinds if kind.population.lineage == lineage)

    def without_patch(self, population: Population, database: Database) -> Sequence[Database]:
        """The databases on which mainline alone shows whether it fails in the same way: this one; for one with rows of a patch branch, which
        mainline alone cannot migrate, the fork points' and a fresh install."""
        if population.lineage in WITHOUT_PATCH:
            return (database,)
        return [kind.database for lineage in (FORK, FRESH) for kind in self.of_lineage(lineage)]
