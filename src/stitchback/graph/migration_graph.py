"""A tree's migrations and what depends on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from stitchback.graph.cycles import rings
from stitchback.graph.order import depth_first, full_order
from stitchback.graph.replacement import carry_out, put_in_place_of_ghosts
from stitchback.graph.resolution import Edges, edges_of
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Swappable, Tree
from stitchback.model.source import Opaque

Plans = dict[tuple[str, MigrationKey | None], tuple[MigrationKey, ...]]


@dataclass(frozen=True, slots=True)
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
    _parents: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(
        repr=False
    )  # in the order of their keys, as the children
    _children: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(repr=False)
    _plans: Plans = field(default_factory=dict, repr=False, compare=False)
    _ends: dict[str, dict[str, tuple[MigrationKey, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )

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
        nodes = frozenset(edges.files)
        dummies = edges.parents.keys() - nodes
        parents = {key: _sorted(edges.parents[key], dummies) for key in edges.files}
        missing = {
            (named_by, dummy)
            for dummy in dummies
            for named_by in edges.parents[dummy] | edges.children[dummy]
        }
        return cls(
            nodes,
            replaced,
            tuple(sorted(missing)),
            tuple(sorted(edges.external)),
            tuple(sorted(edges.swappable)),
            tuple(edges.opaque),
            parents,
            {key: _sorted(edges.children[key], dummies) for key in edges.files},
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
        return self._parents[self.resolve(key)]

    def children(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        return self._children[self.resolve(key)]

    def ancestors(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All that must be applied before the migration, and itself last: `forwards_plan`."""
        return self._reached("up", self.resolve(key), self._parents)

    def descendants(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All that depends on the migration, directly or not, and itself last: `backwards_plan`."""
        return self._reached("down", self.resolve(key), self._children)

    def _reached(
        self, way: str, key: MigrationKey, neighbours: Mapping[MigrationKey, tuple[MigrationKey, ...]]
    ) -> tuple[MigrationKey, ...]:
        plan = self._plans.get((way, key))
        if plan is None:
            plan = self._plans[way, key] = depth_first(key, neighbours)
        return plan

    def leaves(self, app: str | None = None) -> tuple[MigrationKey, ...]:
        """Nodes without a child in their own app, sorted: `leaf_nodes`."""
        return self._without("children", app)

    def roots(self, app: str | None = None) -> tuple[MigrationKey, ...]:
        """Nodes without a parent in their own app, sorted: `root_nodes`."""
        return self._without("parents", app)

    def _without(self, which: str, app: str | None) -> tuple[MigrationKey, ...]:
        """Of all apps at once: who asks for one asks for the others too."""
        ends = self._ends.get(which)
        if ends is None:
            neighbours = self._children if which == "children" else self._parents
            found: dict[str, list[MigrationKey]] = {}
            for key in neighbours:  # sorted
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
        return rings(self.order(), self._parents)

    def order(self) -> tuple[MigrationKey, ...]:
        """Every node once, in the order of Django's full plan on an empty database."""
        order = self._plans.get(("order", None))
        if order is None:
            order = self._plans["order", None] = full_order(self.leaves(), self._parents, self._parents)
        return order


def _sorted(keys: frozenset[MigrationKey], dummies: AbstractSet[MigrationKey]) -> tuple[MigrationKey, ...]:
    """Those that have a file."""
    if dummies:
        keys -= dummies
    return tuple(keys) if len(keys) < 2 else tuple(sorted(keys))
