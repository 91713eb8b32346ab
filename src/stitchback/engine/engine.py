"""A tree's migrations, run by Django itself on databases that are values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stitchback.engine.database import SymbolicDatabase
from stitchback.engine.files import files_of
from stitchback.engine.memory import Memory
from stitchback.engine.migrating import (
    FORWARDS,
    Options,
    Target,
    connection_at,
    connection_to,
    inconsistency,
    migrate,
    standing,
)
from stitchback.engine.runs import Run, RunError, Standing
from stitchback.engine.traces import Place, Trace
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree


class Engine:
    """Django's loader, executor and recorder over the tree. Every answer is remembered.

    `memory` may be shared by engines over related trees. `settings`: what swappable dependencies name
    (`{"AUTH_USER_MODEL": "accounts.User"}`). `beside`: labels of installed apps, migrated already, that nothing depends on.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        memory: Memory | None = None,
        settings: Mapping[str, str] | None = None,
        beside: Iterable[str] = (),
    ) -> None:
        self.tree = tree
        self.memory = memory or Memory()
        self._files = files_of(tree, self.memory, settings or {}, beside)
        self._runs: dict[tuple[SymbolicDatabase, Target | None, Options], Run] = {}
        self._traces: dict[tuple[Place, Target | None], Trace] = {}
        self._standings: dict[int, Standing | RunError] = {}

    @property
    def runs(self) -> int:
        """How many different calls of `migrate` were simulated."""
        return len(self._runs) + len(self._traces)

    def migrate(
        self, database: SymbolicDatabase, target: Target | None = None, options: Options = FORWARDS
    ) -> Run:
        """What `manage.py migrate [app [name]]` does to the database. Never raises for what Django refuses: see `Run.error`."""
        place = (database, target, options)
        run = self._runs.get(place)
        if run is None:
            connection = connection_to(database, self._files, self.memory)
            run = self._runs[place] = migrate(connection, self._files, target, options).run(self.memory)
        return run

    def go(self, place: Place, target: Target | None = None) -> Trace:
        """As `migrate`, in short, from a place (`self.place`)."""
        trace = self._traces.get((place, target))
        if trace is None:
            connection = connection_at(place, self._files, self.memory)
            trace = self._traces[place, target] = migrate(connection, self._files, target)
        return trace

    def place(self, database: SymbolicDatabase) -> Place:
        """Where the database stands, in numbers of the memory."""
        return connection_to(database, self._files, self.memory).moment(None).place

    def standing(self, database: SymbolicDatabase) -> Standing | RunError:
        """What the loader makes of this tree and the database's ledger; the error where it cannot build its graph."""
        return self.standing_at(self.place(database))

    def standing_at(self, place: Place) -> Standing | RunError:
        found = self._standings.get(place.rows)
        if found is None:
            connection = connection_at(place, self._files, self.memory)
            found = self._standings[place.rows] = standing(connection, self._files)
        return found

    def leaves(self, database: SymbolicDatabase | None = None) -> tuple[MigrationKey, ...]:
        """Leaf nodes of the graph for that database, or for a fresh one; none where there is no graph."""
        found = self.standing(database or SymbolicDatabase())
        return found.leaves if isinstance(found, Standing) else ()

    def unapplied(self, database: SymbolicDatabase) -> tuple[MigrationKey, ...]:
        """Nodes of the graph that do not count as applied, sorted; none where there is no graph."""
        found = self.standing(database)
        return found.unapplied if isinstance(found, Standing) else ()

    def inconsistency(self, database: SymbolicDatabase) -> RunError | None:
        """What Django says before it does anything: the graph cannot be built, or a migration is applied before its parent."""
        return inconsistency(connection_to(database, self._files, self.memory), self._files)

    def applied_state_is_consistent(self, database: SymbolicDatabase) -> bool:
        return self.inconsistency(database) is None


def django_version() -> str:
    """The version that the engine runs, "5.2.19"."""
    import django

    return str(django.get_version())
