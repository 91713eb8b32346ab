"""Django's executor over a symbolic database, which does not run again what it ran before.

What is left of a run depends on the graph, on what is still to be run, on the state, and on the database: rows, schema, data.
Where all of them are what they were in an earlier run at some moment, that run's rest is taken over. Proofs ask for
thousands of runs, most of which end in the same few ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.migrations.executor import MigrationExecutor

from stitchback.engine.rebinding import LedgerRecorder
from stitchback.engine.simulation import Files, LedgerConnection, TreeLoader, token_of
from stitchback.engine.traces import Moment, Place
from stitchback.model.keys import MigrationKey


class Watch:
    """The executor's `progress_callback`: what is running, and the database after each migration."""

    def __init__(self, connection: LedgerConnection) -> None:
        self.connection = connection
        self.running: MigrationKey | None = None
        self.moments: list[Moment] = []

    def __call__(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action in ("apply_start", "unapply_start"):
            self.running = migration.content.key
        elif action in ("apply_success", "unapply_success"):
            self.moments.append(self.connection.moment(migration.content.key))
            self.running = None


class Crossing(NamedTuple):
    """A moment of a run: which graph (kept by the files), what is still to be run (bits), the state's token, the database."""

    graph: int
    waiting: int
    token: int
    place: Place


class Deed(NamedTuple):
    """One migration run on one database: the rows and data operations that it added, the database and the state's token after it."""

    migration: Any
    rows: tuple[tuple[str, str], ...]
    data: tuple[str, ...]
    place: Place
    token: int


class Played(NamedTuple):
    """A run of Django's loop to its end: what it did, and the error that ended it, with the migration that it met."""

    deeds: list[Deed]
    error: tuple[Exception, Any] | None


class Repeated(Exception):
    """The rest of a run has been taken over: Django's loop need not go on. `state` is what it would have ended with."""

    def __init__(self, state: Any) -> None:
        self.state = state


class TreeExecutor(MigrationExecutor):  # type: ignore[misc]
    """Django's executor with the loader and the recorder of a symbolic database."""

    def __init__(self, connection: LedgerConnection, files: Files, watch: Watch) -> None:
        self.connection = connection
        self.files = files
        self.loader = TreeLoader(connection, files)
        self.recorder = LedgerRecorder(connection)
        self.progress_callback = self.watch = watch
        self.waiting = 0
        self.passed: list[Crossing] = []
        self.deeds: list[Deed] = []
        self.running: Any = None

    def migration_plan(self, targets: Any, clean_start: bool = False) -> Any:
        """Django's; the full plan of a graph is worked out once."""
        leaves = clean_start and targets is self.loader.graph.leaf_nodes()
        known = self.files.full_plans.get(id(self.loader.graph)) if leaves else None
        if known is None:
            graph = self.loader.graph
            known = super().migration_plan(targets, clean_start=clean_start)
            if leaves and graph is self.loader.graph:
                self.files.full_plans[id(graph)] = known
        return known

    def _create_project_state(self, with_applied_migrations: bool = False) -> Any:
        """Django's; the state after what is applied is worked out once for each set of rows."""
        place = (id(self.loader.graph), self.connection.present)
        token = self.files.tokens.get(place) if with_applied_migrations else None
        state = super()._create_project_state(with_applied_migrations and token is None)
        if token is not None:
            state.token = token
        elif with_applied_migrations:
            self.files.tokens[place] = token_of(state)
        state.apps = NothingRendered()
        return state

    def _migrate_all_forwards(
        self, state: Any, plan: Any, full_plan: Any, fake: bool, fake_initial: bool
    ) -> Any:
        if fake or fake_initial:
            return super()._migrate_all_forwards(state, plan, full_plan, fake, fake_initial)
        bit = self.connection.memory.bit
        for migration, _ in plan:
            self.waiting |= bit((migration.app_label, migration.name))
        error = None
        try:
            return super()._migrate_all_forwards(state, plan, full_plan, fake, fake_initial)
        except Repeated as repeated:
            return repeated.state
        except Exception as raised:
            error = (raised, self.running)
            raise
        finally:
            played = Played(self.deeds, error)
            for number, crossing in enumerate(self.passed):
                self.files.played[crossing] = (played, number)

    def apply_migration(
        self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False
    ) -> Any:
        if fake or fake_initial:
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        connection, files = self.connection, self.files
        crossing = Crossing(id(self.loader.graph), self.waiting, token_of(state), connection.place)
        known = files.played.get(crossing)
        if known is not None:
            played, number = known
            self.deeds.extend(played.deeds[number:])
            self.repeat(played.deeds[number:], state)
            if played.error is not None:
                error, self.running = played.error
                self.watch("apply_start", self.running)
                raise error.with_traceback(None)
            raise Repeated(state)
        self.passed.append(crossing)
        self.running = migration
        step = (migration, crossing.token, crossing.place)
        deed = files.deeds.get(step)
        if deed is not None:
            self.repeat((deed,), state)
        else:
            rows, data = len(connection.rows), len(connection.data)
            state = super().apply_migration(state, migration)
            added = tuple(connection.rows[rows:]), tuple(connection.data[data:])
            deed = files.deeds[step] = Deed(migration, *added, connection.place, token_of(state))
        self.waiting &= ~connection.memory.bit((migration.app_label, migration.name))
        self.deeds.append(deed)
        return state

    def repeat(self, deeds: Sequence[Deed], state: Any) -> None:
        """What these deeds did, done again to the same database, and told as Django tells it."""
        connection, moments = self.connection, self.watch.moments
        for deed in deeds:
            connection.rows.extend(deed.rows)
            connection.data.extend(deed.data)
            key = deed.migration.content.key
            rows = connection.rows
            moments.append(Moment(key, rows, len(rows), tuple(connection.data), deed.place))
            connection.present, connection.schema = deed.place.rows, deed.place.schema
            state.token = deed.token


class NothingRendered:
    """In the place of a ProjectState's `apps`, which Django would otherwise render from models that are not there."""

    def clone(self) -> NothingRendered:
        return self
