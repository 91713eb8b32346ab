"""What a `migrate` did to a symbolic database."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine.database import SymbolicDatabase
from stitchback.model.keys import MigrationKey


@dataclass(frozen=True, slots=True)
class RunStep:
    """The database right after `key` ran and was recorded, before anything else: where a crash may leave it (FACTS F26, F27)."""

    key: MigrationKey
    database: SymbolicDatabase


@dataclass(frozen=True, slots=True)
class RunError:
    """`kind` is the class of Django's exception ("InconsistentMigrationHistory", "NodeNotFoundError",
    "CircularDependencyError", "CommandError" …), "Conflict" for multiple leaf nodes, "Clash" where an operation meets a
    database that does not fit it, "InconsistentState" where it does not fit the models, "Backwards" where the call would
    unapply migrations and was not meant to. `message` is what Django says, or what the database would. `at` is the migration
    that failed, None where Django failed before any."""

    kind: str
    message: str
    at: MigrationKey | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `migrate`. `final` is the database afterwards, also where there is an error: then it is as it was before
    the migration that failed."""

    steps: tuple[RunStep, ...]
    final: SymbolicDatabase
    error: RunError | None = None

    @property
    def ran(self) -> tuple[MigrationKey, ...]:
        return tuple(step.key for step in self.steps)


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """What Django's loader makes of a tree and a ledger together: the nodes of its graph, those that count as applied, and
    the leaves, all sorted."""

    nodes: tuple[MigrationKey, ...]
    applied: frozenset[MigrationKey]
    leaves: tuple[MigrationKey, ...]

    @property
    def unapplied(self) -> tuple[MigrationKey, ...]:
        return tuple(key for key in self.nodes if key not in self.applied)
