"""Django's executor over a symbolic database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.migrations.executor import MigrationExecutor

from stitchback.engine.database import Name
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.ledger_recorder import LedgerRecorder
from stitchback.engine.runs import TracePoint
from stitchback.engine.simulation import (
    DatabaseClash,
    LedgerConnection,
    LoaderFiles,
    SymbolicLoader,
    SymbolicMigration,
    token_of,
)
from stitchback.model.keys import MigrationKey
from stitchback.schema.clashes import InconsistentState


class ProgressWatch:
    """The executor's `progress_callback`: records the running migration, and the database after each
    migration.
    """

    def __init__(self, connection: LedgerConnection) -> None:
        self.connection = connection
        self.running: MigrationKey | None = None
        self.moments: list[TracePoint] = []

    def __call__(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action in ("apply_start", "unapply_start"):
            self.running = migration.content.key
        elif action in ("apply_success", "unapply_success"):
            self.moments.append(self.connection.moment(migration.content.key))
            self.running = None


class SymbolicExecutor(MigrationExecutor):  # type: ignore[misc]
    """Django's executor with the loader and the recorder of a symbolic database."""

    def __init__(
        self, connection: LedgerConnection, files: LoaderFiles, watch: ProgressWatch | None = None
    ) -> None:
        self.connection = connection
        self.loader = SymbolicLoader(connection, files)
        self.recorder = LedgerRecorder(connection)
        self.progress_callback = watch

    def _create_project_state(self, with_applied_migrations: bool = False) -> Any:
        state = super()._create_project_state(with_applied_migrations)
        state.apps = NothingRendered()
        return state


class NothingRendered:
    """Replaces `ProjectState.apps`, which Django would otherwise render from models that do not exist here."""

    def clone(self) -> NothingRendered:
        return self


@dataclass(frozen=True, slots=True)
class Applied:
    """What Django's executor does with one migration, from one state, on one schema: the recorded rows, the
    data operations, and the schema and state token afterwards, or the error.

    Neither applying nor recording depends on other rows (`MigrationExecutor.apply_migration`,
    `record_migration`; from 6.0 recording reads what the tree's files replace: `RecorderLoader`).
    """

    key: MigrationKey
    rows: tuple[Name, ...]
    bits: int
    data: tuple[str, ...]
    schema: int
    token: int
    error: DatabaseClash | InconsistentState | None = None


@dataclass(frozen=True, slots=True)
class RecorderLoader:
    """The parts of a loader that recording uses."""

    disk_migrations: Mapping[Name, SymbolicMigration]


class SingleMigrationExecutor(MigrationExecutor):  # type: ignore[misc]
    """Django's executor for one migration, or for the step after the last migration. It needs no graph."""

    def __init__(self, connection: LedgerConnection, loader: SymbolicLoader | RecorderLoader) -> None:
        self.connection = connection
        self.loader = loader
        self.recorder = LedgerRecorder(connection)
        self.progress_callback = None


@dataclass(slots=True)
class BareState:
    """The parts of a ProjectState that a symbolic migration uses."""

    token: int


def done_by_django(
    migration: SymbolicMigration, token: int, schema: int, files: LoaderFiles, memory: EngineCache
) -> Applied:
    connection = LedgerConnection(memory, [], 0, schema, [], frozenset())
    state, key = BareState(token), migration.content.key
    try:
        after = token_of(
            SingleMigrationExecutor(connection, RecorderLoader(files.migrations)).apply_migration(
                state, migration
            )
        )
    except (DatabaseClash, InconsistentState) as error:
        return Applied(key, (), 0, (), schema, token, error.with_traceback(None))
    rows, data = tuple(connection.rows), tuple(connection.data)
    return Applied(key, rows, connection.present, data, connection.schema, after)
