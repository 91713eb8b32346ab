"""Converts the names in `dependencies` and `run_before` to edges between nodes.

Source: `MigrationLoader.check_key`, `add_internal_dependencies`, `add_external_dependencies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from stitchback.graph.digraph import graph_of
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Swappable, Tree
from stitchback.model.source import Opaque

if TYPE_CHECKING:
    from networkx import DiGraph

FIRST = "__first__"
Name = tuple[str, str]
LATEST = "__latest__"


@dataclass(slots=True)
class Edges:
    """The graph while it is built. `files`: the nodes that have a file, in key order. The others are what
    Django calls dummy nodes.
    """

    files: dict[MigrationKey, None]
    graph: DiGraph
    external: set[tuple[MigrationKey, MigrationKey]] = field(default_factory=set)
    swappable: set[tuple[MigrationKey, Swappable]] = field(default_factory=set)
    opaque: list[tuple[MigrationKey, Opaque]] = field(default_factory=list)

    def drop(self, key: MigrationKey) -> tuple[set[MigrationKey], set[MigrationKey]]:
        """Remove the node. Returns its parents and its children."""
        if key not in self.graph:
            return set(), set()
        parents, children = set(self.graph.pred[key]), set(self.graph.succ[key])
        self.graph.remove_node(key)
        return parents - {key}, children - {key}


@dataclass(frozen=True, slots=True, eq=False)
class AppEdges:
    """The edges within one app, which are equal in all trees that have the same files in it.

    `first`, `latest`: `root_nodes(app)[0]` and `leaf_nodes(app)[0]` with these edges only (dummies count),
    None if the whole app is one cycle. `outward`: the migrations that name anything outside the app.
    """

    graph: DiGraph
    first: MigrationKey | None
    latest: MigrationKey | None
    outward: tuple[Migration, ...]

    @classmethod
    def of(cls, migrations: Mapping[MigrationKey, Migration]) -> AppEdges:
        """The edges of one app's migrations. `__first__` of the same app is ignored; `__latest__` is not (it
        matches no node).
        """
        parents: dict[MigrationKey, list[MigrationKey]] = {}
        outward = []
        for key in sorted(migrations):
            migration = migrations[key]
            own = [
                each
                for each in migration.dependencies
                if isinstance(each, MigrationKey) and each.app == key.app
            ]
            parents[key] = [parent for parent in own if parent.name != FIRST]
            if migration.run_before or len(own) < len(migration.dependencies):
                outward.append(migration)
        graph = graph_of(parents)
        return cls(graph, _end(graph.pred), _end(graph.succ), tuple(outward))


def _end(neighbours: Mapping[MigrationKey, Mapping[MigrationKey, object]]) -> MigrationKey | None:
    """The smallest key without a neighbour on this side. All keys are of one app."""
    return min((key for key, others in neighbours.items() if not others), default=None)


def edges_of(tree: Tree, settings: Mapping[str, str]) -> Edges:
    """All nodes and edges of the tree's files, before replacements.

    `settings` maps names of settings to their values ("AUTH_USER_MODEL": "accounts.User").
    """
    edges = Edges(dict.fromkeys(sorted(tree.migrations)), graph_of({}))
    resolver = Resolver(tree, edges, settings)
    outward: list[Migration] = []
    for label, inner in _inner_edges(tree):
        edges.graph.update(inner.graph)
        if inner.first is not None:
            resolver.first[label] = inner.first
        if inner.latest is not None:
            resolver.latest[label] = inner.latest
        outward.extend(inner.outward)
    for migration in sorted(outward, key=lambda migration: migration.key):
        resolver.add_external(migration)
    return edges


def _inner_edges(tree: Tree) -> Iterator[tuple[str, AppEdges]]:
    """The edges within each app. For an app that trees share they are computed once."""
    rest: dict[str, dict[MigrationKey, Migration]] = {}
    for key, migration in tree.migrations.items():
        if key.app not in tree.shared:
            rest.setdefault(key.app, {})[key] = migration
    for label, migrations in rest.items():
        yield label, AppEdges.of(migrations)
    for label, app in tree.shared.items():
        found = app.memo.get("edges")
        if not isinstance(found, AppEdges):
            found = app.memo["edges"] = AppEdges.of(app.migrations)
        yield label, found


class Resolver:
    def __init__(self, tree: Tree, edges: Edges, settings: Mapping[str, str]) -> None:
        self.edges = edges
        self.settings = settings
        self.migrated = {key.app for key in tree.migrations}
        self.known = self.migrated | set(tree.apps)
        self.first: dict[str, MigrationKey] = {}
        self.latest: dict[str, MigrationKey] = {}

    def remember_roots_and_leaves(self, app: str) -> None:
        """Store `root_nodes(app)[0]` and `leaf_nodes(app)[0]` of the current edges; dummies count."""
        own = sorted(key for key in self.edges.graph if key.app == app)
        for ends, neighbours in ((self.first, self.edges.graph.pred), (self.latest, self.edges.graph.succ)):
            ends.pop(app, None)
            for key in own:
                if all(other.app != app for other in neighbours[key]):
                    ends[app] = key
                    break

    def add_external(self, migration: Migration) -> None:
        key = migration.key
        for parent in migration.dependencies:
            if isinstance(parent, MigrationKey) and parent.app == key.app:
                continue  # within the app: the most frequent case
            for found in self.resolved(key, parent):
                if found.app in self.known:
                    self.edges.graph.add_edge(found, key)
                else:
                    self.edges.external.add((key, found))
        for child in migration.run_before:
            for found in self.resolved(key, child):
                if found.app in self.known:
                    self.edges.graph.add_edge(key, found)
                if found.app == key.app:
                    self.remember_roots_and_leaves(key.app)

    def resolved(self, key: MigrationKey, dependency: Dependency) -> Iterator[MigrationKey]:
        """The node of a dependency, or nothing: `check_key`. A dependency whose setting is unknown is
        collected separately.
        """
        match dependency:
            case Opaque():
                self.edges.opaque.append((key, dependency))
            case Swappable(setting=setting):
                model = self.settings.get(setting)
                if model is None:
                    self.edges.swappable.add((key, dependency))
                else:
                    yield from self.named(key, MigrationKey(model.split(".", 1)[0], FIRST))
            case MigrationKey():
                yield from self.named(key, dependency)
            case _:
                assert_never(dependency)

    def named(self, key: MigrationKey, wanted: MigrationKey) -> Iterator[MigrationKey]:
        app = wanted.app
        by_name = wanted.name not in (FIRST, LATEST) or wanted in self.edges.graph
        if by_name or app not in self.known:
            yield wanted
        elif app != key.app and app in self.migrated:
            ends = self.first if wanted.name == FIRST else self.latest
            yield ends.get(app, wanted)  # an app that is one cycle has neither: then the name is missing


def name_of_dependency(dependency: Dependency, settings: Mapping[str, str]) -> Name | None:
    """As Django's migrations name it: app and name. None where it cannot be read, or the setting is unknown."""
    if isinstance(dependency, MigrationKey):
        return dependency.app, dependency.name
    if isinstance(dependency, Swappable) and dependency.setting in settings:
        return settings[dependency.setting].split(".", 1)[0], FIRST
    return None
