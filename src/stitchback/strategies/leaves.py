"""The leaves of an app in a tree that is being planned."""

from __future__ import annotations

from collections.abc import Collection

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree

NONE: frozenset[MigrationKey] = frozenset()


def leaves(tree: Tree, app: str) -> tuple[MigrationKey, ...]:
    """The app's migrations on which no other of the app depends (`MigrationGraph.leaf_nodes`); replaced ones do not count.

    A squash whose replaced files are still there is not in the graph of a half-way database (`MigrationLoader.build_graph`), and those
    files are. What depends on one of them that is not the last leaves two leaf nodes there, and one with the squash: then the two are
    the leaves, because with the squash each of them counts as it or as what follows it.
    """
    found = _leaves(tree, app, NONE)
    if len(found) > 1:
        return found
    squashes = {
        key
        for key, migration in tree.migrations.items()
        if key.app == app and migration.ghosts and all(ghost in tree.migrations for ghost in migration.ghosts)
    }
    apart = _leaves(tree, app, squashes) if squashes else found
    return apart if len(apart) > 1 else found


def _leaves(tree: Tree, app: str, absent: Collection[MigrationKey]) -> tuple[MigrationKey, ...]:
    """Without the squashes that are `absent`: what depends on one of them depends on what it replaces."""

    def nodes(key: MigrationKey) -> tuple[MigrationKey, ...]:
        replacers = [each for each in tree.replacers.get(key, ()) if each not in absent]
        if replacers:
            return tuple(replacers)
        return tree.migrations[key].ghosts if key in absent else (key,)

    own = sorted(key for key in tree.migrations if key.app == app and nodes(key) == (key,))
    parents = {
        node
        for key in own
        for parent in tree.migrations[key].parents
        if isinstance(parent, MigrationKey)
        for node in nodes(parent)
        if node != key
    }
    return tuple(key for key in own if key not in parents)
