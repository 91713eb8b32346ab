"""One tree without the migrations that all trees share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.graph import MigrationGraph
from stitchback.graph.digraph import full_order, graph_of
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree

Keys = frozenset[MigrationKey]


@dataclass(slots=True)
class TreeView:
    """`own`: the tree's migrations that are not shared; `below`: the graph of the shared ones (squashes instead of what they replace); `labels`: all
    apps of the tree. `hasty`: shared migrations with `run_before`. No method reads all migrations of the tree."""

    tree: Tree
    own: Mapping[MigrationKey, Migration]
    shared: Keys
    below: MigrationGraph
    labels: Collection[str]
    hasty: Iterable[Migration] = ()
    replacers: dict[MigrationKey, MigrationKey] = field(init=False)
    held_up: dict[MigrationKey, list[MigrationKey]] = field(init=False)
    _parents: dict[MigrationKey, tuple[MigrationKey, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.replacers, self.held_up = {}, {}
        for key, migration in sorted(self.own.items()):
            for ghost in migration.ghosts:
                if ghost not in self.tree.migrations:
                    self.replacers.setdefault(ghost, key)
        for migration in (*self.hasty, *self.own.values()):
            for child in migration.run_before:
                if isinstance(child, MigrationKey):
                    self.held_up.setdefault(child, []).append(migration.key)

    def parents(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """Files that the migration depends on, sorted; the replacement of a ghost instead of it; shared squashes instead of what they replace."""
        parents = self._parents.get(key)
        if parents is None:
            found = self.by_graph(key) if self.is_floating(key) else set(self.by_name(key))
            parents = self._parents[key] = tuple(sorted(found))
        return parents

    def is_floating(self, key: MigrationKey) -> bool:
        """Whether it depends on `__first__` or `__latest__` of an app of the tree, or such a dependency leads to it."""
        return any(
            each.name in (FIRST, LATEST) and each.app in self.labels and each.app != key.app
            for each in self.own[key].parents
        ) or any(child.name in (FIRST, LATEST) for child in self.held_up)

    def by_graph(self, key: MigrationKey) -> set[MigrationKey]:
        parents = MigrationGraph.raw(self.tree).parents(key)
        return {self.standing(parent) for parent in parents}

    def by_name(self, key: MigrationKey) -> Iterator[MigrationKey]:
        yield from self.held_up.get(key, ())
        for parent in self.own[key].parents:
            found = self.standing(parent)
            if found in self.own or found in self.shared:
                yield found

    def standing(self, name: MigrationKey) -> MigrationKey:
        """The file that has or replaces a name; the name itself if there is none."""
        if name in self.own:
            return name
        below = self.below.resolve(name)
        return below if below in self.shared else self.replacers.get(name, name)

    def order(self, keys: Iterable[MigrationKey]) -> tuple[MigrationKey, ...]:
        """Those own keys, dependencies first."""
        own = {key: tuple(parent for parent in self.parents(key) if parent in self.own) for key in self.own}
        wanted = frozenset(keys)
        return tuple(key for key in full_order(graph_of(own), sorted(own)) if key in wanted)
