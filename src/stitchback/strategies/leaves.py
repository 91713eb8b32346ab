"""The leaves of an app in a tree that is being planned."""

from __future__ import annotations

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree


def leaves(tree: Tree, app: str) -> tuple[MigrationKey, ...]:
    """The app's migrations on which no other of the app depends (`MigrationGraph.leaf_nodes`); replaced ones do not count."""
    own = sorted(key for key in tree.migrations if key.app == app)
    parents = {
        replacer
        for key in own
        for parent in tree.migrations[key].parents
        for replacer in (tree.replacers.get(parent, ()) or (parent,))
        if replacer != key
    }
    return tuple(key for key in own if key not in parents and key not in tree.replacers)
