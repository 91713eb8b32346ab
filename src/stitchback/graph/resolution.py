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


@dataclass(slots=True)
class Edges:
    """The graph while it is built: nodes with and without a file, and the edges both ways.

    `parents` has a key for every node; one that is not in `files` is what Django calls a dummy node.
    """

    files: set[MigrationKey]
    parents: dict[MigrationKey, set[MigrationKey]]
    children: dict[MigrationKey, set[MigrationKey]]
    external: set[tuple[MigrationKey, MigrationKey]] = field(default_factory=set)
    swappable: set[tuple[MigrationKey, Swappable]] = field(default_factory=set)
    opaque: list[tuple[MigrationKey, Opaque]] = field(default_factory=list)

    def connect(self, child: MigrationKey, parent: MigrationKey) -> None:
        """Django's `add_dependency`: a node that is not there yet becomes a dummy."""
        parents, children = self.parents, self.children
        for key in (child, parent):
            if key not in parents:
                parents[key], children[key] = set(), set()
        parents[child].add(parent)
        children[parent].add(child)

    def drop(self, key: MigrationKey) -> tuple[set[MigrationKey], set[MigrationKey]]:
        """Take the node out; what its parents and its children were."""
        parents, children = self.parents.pop(key, set()), self.children.pop(key, set())
        for parent in parents:
            self.children.get(parent, set()).discard(key)
        for child in children:
            self.parents.get(child, set()).discard(key)
        return parents, children


def edges_of(tree: Tree, settings: Mapping[str, str]) -> Edges:
    """All nodes and edges of the tree as its files stand, before any replacement is carried out.

    `settings` maps names of settings to their values ("AUTH_USER_MODEL": "accounts.User").
    """
    files = tree.migrations
    edges = Edges(set(files), {key: set() for key in files}, {key: set() for key in files})
    resolver = Resolver(tree, edges, settings)
    ordered = [files[key] for key in sorted(files)]
    for migration in ordered:
        resolver.add_internal(migration)
    resolver.remember_roots_and_leaves()
    for migration in ordered:
        resolver.add_external(migration)
    return edges


class Resolver:
    def __init__(self, tree: Tree, edges: Edges, settings: Mapping[str, str]) -> None:
        self.edges = edges
        self.settings = settings
        self.migrated = {key.app for key in tree.migrations}
        self.known = self.migrated | set(tree.apps)
        self.first: dict[str, MigrationKey] = {}
        self.latest: dict[str, MigrationKey] = {}

    def add_internal(self, migration: Migration) -> None:
        """Edges within the app. `__first__` of one's own app is ignored, `__latest__` is not (it names nothing)."""
        for parent in migration.dependencies:
            if isinstance(parent, MigrationKey) and parent.app == migration.key.app and parent.name != FIRST:
                self.edges.connect(migration.key, parent)

    def remember_roots_and_leaves(self, app: str | None = None) -> None:
        """What `root_nodes(app)[0]` and `leaf_nodes(app)[0]` are as the edges stand; dummies count."""
        for ends, neighbours in ((self.first, self.edges.parents), (self.latest, self.edges.children)):
            ends.pop(app or "", None)
            for key in sorted(neighbours):
                label = key.app
                if app in (None, label) and label not in ends:
                    for other in neighbours[key]:
                        if other.app == label:
                            break
                    else:
                        ends[label] = key

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
