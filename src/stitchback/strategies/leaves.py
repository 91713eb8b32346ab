"""The leaves of an app in a tree that is being planned."""

from __future__ import annotations

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree


def leaves(tree: Tree, app: str) -> tuple[MigrationKey, ...]:
    """The app's migrations on which no other of the app depends (`MigrationGraph.leaf_nodes`); replaced ones do not count."""
    replaced = {ghost for key, migration in tree.migrations.items() for ghost in migration.ghosts}
    parents = {
        replacer
        for key, migration in tree.migrations.items()
        if key.app == app
        for parent in migration.parents
        for replacer in (tree.replacers.get(parent, ()) or (parent,))
        if replacer != key
    }
    return tuple(
        key
        for key in sorted(tree.migrations)
        if key.app == app and key not in parents and key not in replaced
    )
