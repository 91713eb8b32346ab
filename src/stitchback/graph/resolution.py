"""From what migrations name in `dependencies` and `run_before` to edges between nodes.

Source: `MigrationLoader.check_key`, `add_internal_dependencies`, `add_external_dependencies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Swappable, Tree
from stitchback.model.source import Opaque

FIRST = "__first__"
LATEST = "__latest__"


Neighbours = dict[MigrationKey, frozenset[MigrationKey]]
_NONE: frozenset[MigrationKey] = frozenset()


@dataclass(slots=True)
class Edges:
    """The graph while it is built: nodes with and without a file, and the edges both ways.

    `files` are in the order of their keys. `parents` has a key for every node; one that is not in `files` is what Django calls a dummy
    node.
    """

    files: dict[MigrationKey, None]
    parents: Neighbours
    children: Neighbours
    external: set[tuple[MigrationKey, MigrationKey]] = field(default_factory=set)
    swappable: set[tuple[MigrationKey, Swappable]] = field(default_factory=set)
    opaque: list[tuple[MigrationKey, Opaque]] = field(default_factory=list)

    def connect(self, child: MigrationKey, parent: MigrationKey) -> None:
        connect(self.parents, self.children, child, parent)

    def drop(self, key: MigrationKey) -> tuple[frozenset[MigrationKey], frozenset[MigrationKey]]:
        """Take the node out; what its parents and its children were."""
        parents, children = self.parents.pop(key, _NONE), self.children.pop(key, _NONE)
        for parent in parents & self.children.keys():
            self.children[parent] -= {key}
        for child in children & self.parents.keys():
            self.parents[child] -= {key}
        return parents, children


def connect(parents: Neighbours, children: Neighbours, child: MigrationKey, parent: MigrationKey) -> None:
    """Django's `add_dependency`: a node that is not there yet becomes a dummy."""
    for key in (child, parent):
        if key not in parents:
            parents[key] = children[key] = _NONE
    parents[child] |= {parent}
    children[parent] |= {child}


@dataclass(frozen=True, slots=True, eq=False)
class AppEdges:
    """The edges within one app, which are the same in every tree that has the app's very files.

    `first`, `latest`: what `root_nodes(app)[0]` and `leaf_nodes(app)[0]` are as these edges stand (dummies count); None in an
    app that is one circle. `outward`: the migrations that name anything else.
    """

    parents: Neighbours
    children: Neighbours
    first: MigrationKey | None
    latest: MigrationKey | None
    outward: tuple[Migration, ...]

    @classmethod
    def of(cls, migrations: Mapping[MigrationKey, Migration]) -> AppEdges:
        """Of one app's migrations. `__first__` of one's own app is ignored, `__latest__` is not (it names nothing)."""
        parents: Neighbours = dict.fromkeys(migrations, _NONE)
        children: Neighbours = dict.fromkeys(migrations, _NONE)
        outward = []
        for key in sorted(migrations):
            migration = migrations[key]
            inner = 0
            for parent in migration.dependencies:
                if isinstance(parent, MigrationKey) and parent.app == key.app:
                    inner += 1
                    if parent.name != FIRST:
                        connect(parents, children, key, parent)
            if migration.run_before or inner < len(migration.dependencies):
                outward.append(migration)
        return cls(parents, children, _end(parents), _end(children), tuple(outward))


def _end(neighbours: Neighbours) -> MigrationKey | None:
    """The smallest key that has no neighbour on this side, all of one app."""
    return min((key for key, others in neighbours.items() if not others), default=None)


def edges_of(tree: Tree, settings: Mapping[str, str]) -> Edges:
    """All nodes and edges of the tree as its files stand, before any replacement is carried out.

    `settings` maps names of settings to their values ("AUTH_USER_MODEL": "accounts.User").
    """
    edges = Edges(dict.fromkeys(sorted(tree.migrations)), {}, {})
    resolver = Resolver(tree, edges, settings)
    outward: list[Migration] = []
    for label, inner in _inner_edges(tree):
        edges.parents.update(inner.parents)
        edges.children.update(inner.children)
        if inner.first is not None:
            resolver.first[label] = inner.first
        if inner.latest is not None:
            resolver.latest[label] = inner.latest
        outward.extend(inner.outward)
    for migration in sorted(outward, key=lambda migration: migration.key):
        resolver.add_external(migration)
    return edges


def _inner_edges(tree: Tree) -> Iterator[tuple[str, AppEdges]]:
    """Those of each app; of an app that trees share they are worked out once."""
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
        """What `root_nodes(app)[0]` and `leaf_nodes(app)[0]` are as the edges stand; dummies count."""
        for ends, neighbours in ((self.first, self.edges.parents), (self.latest, self.edges.children)):
            ends.pop(app, None)
            own = sorted(key for key in neighbours if key.app == app)
            for key in own:
                if all(other.app != app for other in neighbours[key]):
                    ends[app] = key
                    break

    def add_external(self, migration: Migration) -> None:
        key = migration.key
        for parent in migration.dependencies:
            if isinstance(parent, MigrationKey) and parent.app == key.app:
                continue  # within the app: most of them
            for found in self.resolved(key, parent):
                if found.app in self.known:
                    self.edges.connect(key, found)
                else:
                    self.edges.external.add((key, found))
        for child in migration.run_before:
            for found in self.resolved(key, child):
                if found.app in self.known:
                    self.edges.connect(found, key)
                if found.app == key.app:
                    self.remember_roots_and_leaves(key.app)

    def resolved(self, key: MigrationKey, dependency: Dependency) -> Iterator[MigrationKey]:
        """The node that a dependency means, or none: `check_key`. What no setting tells is kept apart."""
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
        by_name = wanted.name not in (FIRST, LATEST) or wanted in self.edges.parents
        if by_name or app not in self.known:
            yield wanted
        elif app != key.app and app in self.migrated:
            ends = self.first if wanted.name == FIRST else self.latest
            yield ends.get(app, wanted)  # an app that is one circle has neither: then the name is missing
