"""A tree's migrations and what depends on what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.graph.digraph import ancestors, descendants, full_order, rings
from stitchback.graph.replacement import carry_out, put_in_place_of_ghosts
from stitchback.graph.resolution import Edges, edges_of
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Swappable, Tree
from stitchback.model.source import Opaque

if TYPE_CHECKING:
    from networkx import DiGraph

Plans = dict[tuple[str, MigrationKey | None], tuple[MigrationKey, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class MigrationGraph:
    """`of`: as Django's loader sees the tree on a fresh database, squashes in the place of what they replace.
    `raw`: every file a node, replaced ones too. In both a key that was replaced, or a ghost, may be asked for: it stands
    for its replacer (`resolve`).

    `missing`: (migration, name) where a file names, as its parent or in run_before, what the tree lacks in an app that it has.
    `external`: (child, parent) where the parent's app is not of this tree (installed packages): no error.
    `swappable`: (child, dependency) where no setting tells which app is meant. `opaque`: dependencies that cannot be read.
    """

    nodes: frozenset[MigrationKey]
    replaced: Mapping[MigrationKey, MigrationKey]
    missing: tuple[tuple[MigrationKey, MigrationKey], ...]
    external: tuple[tuple[MigrationKey, MigrationKey], ...]
    swappable: tuple[tuple[MigrationKey, Swappable], ...]
    opaque: tuple[tuple[MigrationKey, Opaque], ...]
    _graph: DiGraph = field(repr=False)
    _neighbours: dict[str, dict[MigrationKey, tuple[MigrationKey, ...]]] = field(
        default_factory=lambda: {"parents": {}, "children": {}}, repr=False
    )
    _plans: Plans = field(default_factory=dict, repr=False)
    _ends: dict[str, dict[str, tuple[MigrationKey, ...]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, tree: Tree, settings: Mapping[str, str] | None = None) -> MigrationGraph:
        """The graph for a fresh database. `settings`: what swappable dependencies name, `{"AUTH_USER_MODEL": "accounts.User"}`."""
        return cls._remembered(tree, "graph", settings, cls._of)

    @classmethod
    def raw(cls, tree: Tree, settings: Mapping[str, str] | None = None) -> MigrationGraph:
        """The graph of the files as they stand; a ghost is the first migration that names it, for its children too."""
        return cls._remembered(tree, "raw graph", settings, cls._raw)

    @classmethod
    def _remembered(
        cls,
        tree: Tree,
        name: str,
        settings: Mapping[str, str] | None,
        make: Callable[[Tree, Mapping[str, str]], MigrationGraph],
    ) -> MigrationGraph:
        """Made once a tree, where no settings are said."""
        if settings:
            return make(tree, settings)
        found = tree.memo.get(name)
        if not isinstance(found, MigrationGraph):
            found = tree.memo[name] = make(tree, {})
        return found

    @classmethod
    def _of(cls, tree: Tree, settings: Mapping[str, str]) -> MigrationGraph:
        if not tree.replacers:
            return cls.raw(tree, settings)
        edges = edges_of(tree, settings)
        replaces = {key: migration.ghosts for key, migration in tree.migrations.items() if migration.ghosts}
        return cls._made(edges, carry_out(edges, replaces))

    @classmethod
    def _raw(cls, tree: Tree, settings: Mapping[str, str]) -> MigrationGraph:
        ghosts = {ghost: by[0] for ghost, by in tree.replacers.items() if ghost not in tree.migrations}
        edges = edges_of(tree, settings)
        put_in_place_of_ghosts(edges, ghosts)
        return cls._made(edges, ghosts)

    @classmethod
    def _made(cls, edges: Edges, replaced: Mapping[MigrationKey, MigrationKey]) -> MigrationGraph:
        dummies = edges.graph.nodes - edges.files.keys()
        missing = {
            (named_by, dummy)
            for dummy in dummies
            for named_by in (*edges.graph.pred[dummy], *edges.graph.succ[dummy])
        }
        edges.graph.remove_nodes_from(dummies)
        return cls(
            frozenset(edges.files),
            replaced,
            tuple(sorted(missing)),
            tuple(sorted(edges.external)),
            tuple(sorted(edges.swappable)),
            tuple(edges.opaque),
            edges.graph,
        )

    def __contains__(self, key: MigrationKey) -> bool:
        return key in self.nodes

    def resolve(self, key: MigrationKey) -> MigrationKey:
        """The node that a name stands for: itself, or the replacer of a replaced migration or ghost (of nested ones the
        outermost). A name that nothing stands for comes back as it is."""
        seen: set[MigrationKey] = set()
        while key not in self.nodes and key in self.replaced and key not in seen:
            seen.add(key)
            key = self.replaced[key]
        return key

    def parents(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """What the migration depends on, directly, sorted; without what is missing or external."""
        return self._beside("parents", self.resolve(key), self._graph.pred)

    def children(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        return self._beside("children", self.resolve(key), self._graph.succ)

    def _beside(
        self, which: str, key: MigrationKey, edges: Mapping[MigrationKey, Iterable[MigrationKey]]
    ) -> tuple[MigrationKey, ...]:
        """Sorted once: the proof asks for the same ones again and again."""
        known = self._neighbours[which]
        found = known.get(key)
        if found is None:
            found = known[key] = tuple(sorted(edges[key]))
        return found

    def ancestors(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All that must be applied before the migration, and itself last: `forwards_plan`."""
        return self._plan("up", key, ancestors)

    def descendants(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All that depends on the migration, directly or not, and itself last: `backwards_plan`."""
        return self._plan("down", key, descendants)

    def _plan(
        self, way: str, key: MigrationKey, made: Callable[[DiGraph, MigrationKey], tuple[MigrationKey, ...]]
    ) -> tuple[MigrationKey, ...]:
        key = self.resolve(key)
        plan = self._plans.get((way, key))
        if plan is None:
            plan = self._plans[way, key] = made(self._graph, key)
        return plan

    def leaves(self, app: str | None = None) -> tuple[MigrationKey, ...]:
        """Nodes without a child in their own app, sorted: `leaf_nodes`."""
        return self._without("children", self._graph.succ, app)

    def roots(self, app: str | None = None) -> tuple[MigrationKey, ...]:
        """Nodes without a parent in their own app, sorted: `root_nodes`."""
        return self._without("parents", self._graph.pred, app)

    def _without(
        self, which: str, neighbours: Mapping[MigrationKey, Iterable[MigrationKey]], app: str | None
    ) -> tuple[MigrationKey, ...]:
        """Of all apps at once: who asks for one asks for the others too."""
        ends = self._ends.get(which)
        if ends is None:
            found: dict[str, list[MigrationKey]] = {}
            for key in sorted(self.nodes):
                label = key.app
                for other in neighbours[key]:
                    if other.app == label:
                        break
                else:
                    found.setdefault(label, []).append(key)
            ends = self._ends[which] = {label: tuple(keys) for label, keys in found.items()}
        return ends.get(app, ()) if app is not None else tuple(key for keys in ends.values() for key in keys)

    @property
    def cycles(self) -> tuple[tuple[MigrationKey, ...], ...]:
        """Rings of migrations, each before the one that depends on it."""
        return rings(self._graph)

    def order(self) -> tuple[MigrationKey, ...]:
        """Every node once, in the order of Django's full plan on an empty database."""
        order = self._plans.get(("order", None))
        if order is None:
            order = self._plans["order", None] = full_order(
                self._graph, (*self.leaves(), *sorted(self.nodes))
            )
        return order
