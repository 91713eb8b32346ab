"""The dependency graph of a tree's migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stitchback.graph.digraph import ancestors, descendants, full_order, rings
from stitchback.graph.resolution import Edges, edges_of
from stitchback.graph.squashes import carry_out, put_in_place_of_ghosts
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Swappable, Tree
from stitchback.model.source import Opaque

if TYPE_CHECKING:
    from networkx import DiGraph

Plans = dict[tuple[str, MigrationKey | None], tuple[MigrationKey, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class MigrationGraph:
    """`of`: the graph that Django's loader builds for a fresh install, with squashes in place of what they
    replace. `raw`: every file is a node, replaced ones too. In both, methods accept the key of a replaced
    migration or of a ghost (a replaced name without a file): it counts as its replacement (`resolve`).

    `missing`: (migration, name) if a file names, in dependencies or run_before, a migration that one of the
    tree's apps lacks. `external`: (child, parent) if the parent's app is outside the tree (an installed
    package): not an error. `swappable`: (child, dependency) if no setting says which app is meant. `opaque`:
    dependencies that cannot be read.
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
        """The graph for a fresh install. `settings`: values for swappable dependencies, `{"AUTH_USER_MODEL":
        "accounts.User"}`.
        """
        return cls._remembered(tree, "graph", settings, cls._of)

    @classmethod
    def raw(cls, tree: Tree, settings: Mapping[str, str] | None = None) -> MigrationGraph:
        """The graph of all files. A ghost counts as the first migration that replaces it, also as a
        dependency.
        """
        return cls._remembered(tree, "raw graph", settings, cls._raw)

    @classmethod
    def _remembered(
        cls,
        tree: Tree,
        name: str,
        settings: Mapping[str, str] | None,
        make: Callable[[Tree, Mapping[str, str]], MigrationGraph],
    ) -> MigrationGraph:
        """The graph, cached per tree if there are no settings."""
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
        """The node of a key: the key itself, or the replacement of a replaced migration or ghost (the
        outermost one of nested replacements). Unknown keys are returned unchanged.
        """
        seen: set[MigrationKey] = set()
        while key not in self.nodes and key in self.replaced and key not in seen:
            seen.add(key)
            key = self.replaced[key]
        return key

    def parents(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The direct dependencies of the migration, sorted, without missing and external ones."""
        return self._beside("parents", self.resolve(key), self._graph.pred)

    def children(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        return self._beside("children", self.resolve(key), self._graph.succ)

    def _beside(
        self, which: str, key: MigrationKey, edges: Mapping[MigrationKey, Iterable[MigrationKey]]
    ) -> tuple[MigrationKey, ...]:
        """The neighbours in sorted order, cached: the proof asks for the same ones many times."""
        known = self._neighbours[which]
        found = known.get(key)
        if found is None:
            found = known[key] = tuple(sorted(edges[key]))
        return found

    def ancestors(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All that must be applied before the migration, then the migration: `forwards_plan`."""
        return self._plan("up", key, ancestors)

    def descendants(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """All direct and indirect dependents of the migration, then the migration: `backwards_plan`."""
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
        """The nodes of an app (or of all) without a neighbour in it. Computed for all apps at once, as
        callers need them all.
        """
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
        """Cycles of migrations, each migration before one that depends on it."""
        return rings(self._graph)

    def order(self) -> tuple[MigrationKey, ...]:
        """Every node once, in the order of Django's full plan on an empty database."""
        order = self._plans.get(("order", None))
        if order is None:
            order = self._plans["order", None] = full_order(
                self._graph, (*self.leaves(), *sorted(self.nodes))
            )
        return order


def missing_words(tree: Tree, child: MigrationKey, parent: MigrationKey) -> str:
    """How the file names the migration that is missing: "shop.0002_x depends on shop.0001_y"."""
    migration = tree.migrations.get(child)
    by_run_before = migration is not None and parent in migration.run_before
    return f"`run_before` of {child} names {parent}" if by_run_before else f"{child} depends on {parent}"
