"""Why a migration cannot be part of a linear run, or two migrations cannot follow each other in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.values import TRUE
from stitchback.operations.data import data_operations, data_run


class Obstacle(Enum):
    """The words for people; the name is for programs."""

    OPAQUE = "stitchback cannot read it"
    SQUASH = "is a squash, or is replaced by one"
    RUN_BEFORE = "`run_before` names it or stands in it; squashmigrations drops that"
    NOT_ATOMIC = "`atomic = False`, which squashmigrations drops"
    DATA = "a data operation that is not elidable"
    MERGE = "depends on several migrations"
    BRANCH = "several migrations depend on it"
    OTHER_APP = "depends on another app"
    USED_BY_OTHER_APP = "a migration of another app depends on it"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What ends a run at a neighbour. `migration`: the one that has the property; `neighbour`: the next one, which is not in the run.
    `others`: the migrations or operations that are meant."""

    neighbour: MigrationKey
    obstacle: Obstacle
    migration: MigrationKey
    others: tuple[str, ...] = ()


class Obstacles:
    """The obstacles in one tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.graph = MigrationGraph.raw(tree, tree.settings)
        self._named = {name for each in tree.migrations.values() for name in each.run_before}
        self._above: dict[MigrationKey, frozenset[MigrationKey]] = {}

    def of_migration(self, key: MigrationKey) -> tuple[Obstacle, tuple[str, ...]] | None:
        """Why no run may contain the migration."""
        migration = self.tree.migrations[key]
        if migration.replaces or key in self.tree.replacers:
            return Obstacle.SQUASH, tuple(map(str, (*migration.ghosts, *self.tree.replacers.get(key, ()))))
        if migration.opaques or migration.atomic is None:
            return Obstacle.OPAQUE, tuple(dict.fromkeys(str(each) for each in migration.opaques))
        if migration.run_before or key in self._named:
            return Obstacle.RUN_BEFORE, tuple(map(str, migration.run_before))
        if migration.atomic is False:
            return Obstacle.NOT_ATOMIC, ()
        data = tuple(data_run(each).label for each in lasting_data(migration))
        return (Obstacle.DATA, data) if data else None

    def between(
        self, first: MigrationKey, before: MigrationKey, after: MigrationKey
    ) -> tuple[Obstacle, MigrationKey, tuple[MigrationKey, ...]] | None:
        """Why `after` does not continue a run from `first` to `before`: the obstacle, whose it is, and the others that are meant. A
        dependency that the first migration has too, directly or not, asks for no order within the run."""
        others = tuple(key for key in self.graph.children(before) if key != after)
        if others:
            elsewhere = tuple(key for key in others if key.app != before.app)
            found = Obstacle.USED_BY_OTHER_APP if elsewhere == others else Obstacle.BRANCH
            return found, before, others
        extra = tuple(sorted(set(self._parents(after)) - {before} - self._below(first)))
        if extra:
            same = any(key.app == after.app for key in extra)
            return (Obstacle.MERGE if same else Obstacle.OTHER_APP), after, extra
        return None

    def _parents(self, key: MigrationKey) -> Iterator[MigrationKey]:
        yield from self.graph.parents(key)
        yield from (parent for child, parent in self.graph.external if child == key)

    def _below(self, first: MigrationKey) -> frozenset[MigrationKey]:
        """What the first migration needs, directly or not, with migrations of installed packages."""
        found = self._above.get(first)
        if found is None:
            own = frozenset(self.graph.ancestors(first))
            packages = {parent for child, parent in self.graph.external if child in own}
            found = self._above[first] = own - {first} | packages
        return found


def lasting_data(migration: Migration) -> Iterator[Operation]:
    """The migration's data operations that a squash must keep: those that are not elidable and do something."""
    for operation in data_operations(migration.operations):
        if operation.argument("elidable") != TRUE and not data_run(operation).empty:
            yield operation
