"""A tree's migrations, run by Django itself on databases that are values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from stitchback.engine.database import SymbolicDatabase
from stitchback.engine.files import files_of
from stitchback.engine.memory import EMPTY_STATE, Memory
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
from stitchback.engine.names import Name, as_key
from stitchback.engine.places import Place
from stitchback.engine.runs import Run, RunError, Standing
from stitchback.engine.spots import Reached
from stitchback.engine.traces import Moment, Trace
from stitchback.engine.walks import Finish, Walk, Walks, Way
from stitchback.graph import MigrationGraph
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
        self._walks = Walks(self._files, self.memory)
        self._runs: dict[tuple[SymbolicDatabase, Target | None, Options], Run] = {}
        self._ways: dict[Place, Way] = {}
        self._asked: set[tuple[Place, Target]] = set()
        self._standings: dict[int, Standing | RunError] = {}

    @property
    def runs(self) -> int:
        """How many different calls of `migrate` were simulated."""
        return len(self._runs) + len(self._ways) + len(self._asked)

    def migrate(
        self, database: SymbolicDatabase, target: Target | None = None, options: Options = FORWARDS
    ) -> Run:
        """What `manage.py migrate [app [name]]` does to the database. Never raises for what Django refuses: see `Run.error`."""
        asked = (database, target, options)
        run = self._runs.get(asked)
        if run is None:
            walk = self._walks.walk(self.place(database), target, options)
            if walk is None:
                connection = connection_to(database, self._files, self.memory)
                trace = migrate(connection, self._files, target, options)
            else:
                trace = told_in_full(walk, database)
            run = self._runs[asked] = trace.run(self.memory)
        return run

    def go(self, place: Place, target: Target) -> Walk | Told:
        """As `migrate`, in short, from a place (`self.place`) to a target."""
        self._asked.add((place, target))
        walk = self._walks.walk(place, target, FORWARDS)
        if walk is not None:
            return walk
        trace = migrate(connection_at(place, self._files, self.memory), self._files, target)
        return Told(trace.moments, Finish(trace.end.place, (), trace.error))

    def way(self, place: Place) -> Way:
        """A full `migrate` from a place."""
        way = self._ways.get(place)
        if way is None:
            way = self._ways[place] = self._walks.way(place) or self.told_by_django(place)
        return way

    def beside_django(self, place: Place) -> None:
        """Has Django do the full `migrate` whole. Raises RuntimeError where that is not the way that was found: a version of Django
        that migrates in another manner than `walks` knows."""
        ours, theirs = self.way(place), self.told_by_django(place)
        if ([*ours], ours.finish.end, ours.finish.error) != (
            [*theirs],
            theirs.finish.end,
            theirs.finish.error,
        ):
            raise RuntimeError(f"Django {django_version()} does not migrate as the simulation does")

    def told_by_django(self, place: Place) -> Way:
        trace = migrate(connection_at(place, self._files, self.memory), self._files, None)
        finish = Finish(trace.end.place, (), trace.error)
        places = [place, *(each.place for each in trace.moments)]
        way = Way(places[-1], None, None, finish)
        for before, moment in zip(reversed(places[:-1]), reversed(trace.moments), strict=True):
            way = Way(before, moment.key, way, finish)
        return way

    def full(self, place: Place) -> tuple[tuple[MigrationKey, ...], tuple[MigrationKey, ...]]:
        """What a full `migrate` from there runs, and the rows afterwards, both in order (those of the place sorted)."""
        walk = self._walks.walk(place, None, FORWARDS)
        if walk is None:
            trace = migrate(connection_at(place, self._files, self.memory), self._files, None)
            return trace.ran, tuple(map(as_key, trace.end.rows))
        rows = [*self.memory.rows_of(place.rows), *walk.recorded]
        return tuple(step.key for step in walk.steps), tuple(map(as_key, rows))

    def place(self, database: SymbolicDatabase) -> Place:
        """Where the database stands, in numbers of the memory."""
        return self.memory.place_of(database)

    def standing(self, database: SymbolicDatabase) -> Standing | RunError:
        """What the loader makes of this tree and the database's ledger; the error where it cannot build its graph."""
        return self.standing_at(self.place(database))

    def standing_at(self, place: Place) -> Standing | RunError:
        found = self._standings.get(place.rows)
        if found is None:
            connection = connection_at(place, self._files, self.memory)
            found = self._standings[place.rows] = standing(connection, self._files)
        return found

    def unapplied_at(self, place: Place) -> tuple[MigrationKey, ...] | RunError:
        """Nodes of the graph that do not count as applied, sorted; the error where there is no graph."""
        found = self._walks.unapplied(place.rows)
        if found is not None:
            return found
        standing = self.standing_at(place)
        return standing.unapplied if isinstance(standing, Standing) else standing

    def models_at(self, place: Place) -> int | None:
        """The token of the models from which a `migrate` there starts, those of all that counts as applied
        (`MigrationExecutor._create_project_state`); None where Django has no graph for the ledger. Raises InconsistentState."""
        standing = self.standing_at(place)
        if isinstance(standing, RunError):
            return None
        token = EMPTY_STATE
        graph = MigrationGraph.of(self.tree)
        if not graph.nodes.issuperset(standing.nodes):
            # A squash fell out of Django's graph: what it replaces is there instead.
            graph = MigrationGraph.raw(self.tree)
        for key in graph.order():
            if key in standing.applied and key in standing.nodes:
                token = self.memory.deed(token, self.tree.migrations[key]).after
        return token

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


Stop = Reached | Moment


class Told(NamedTuple):
    """A call of `migrate` that Django did whole, step by step."""

    steps: tuple[Moment, ...]
    finish: Finish


def told_in_full(walk: Walk, database: SymbolicDatabase) -> Trace:
    log: list[Name] = [(key.app, key.name) for key in database.ledger]
    data, moments = list(database.data), list[Moment]()
    for step in walk.steps:
        log.extend(step.done.rows)
        data.extend(step.done.data)
        moments.append(Moment(step.key, log, len(log), tuple(data), step.place))
    log.extend(walk.finish.recorded)
    end = Moment(None, log, len(log), tuple(data), walk.finish.end)
    return Trace(tuple(moments), end, walk.finish.error)


def django_version() -> str:
    """The version that the engine runs, "5.2.19"."""
    import django

    return str(django.get_version())
