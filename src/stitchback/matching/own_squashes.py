"""A tree before a branch squashed migrations of it: what the replaced files make, and not the squash, is compared."""

from __future__ import annotations

from collections.abc import Mapping

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Patch


def squashes_of_released(patch: Patch) -> Mapping[MigrationKey, tuple[MigrationKey, ...]]:
    """The patch branch's squashes of nothing but migrations of the fork point, whose files it has deleted, with what they replace."""
    tree, fork = patch.tree, patch.fork.migrations
    return {
        key: migration.ghosts
        for key, migration in tree.migrations.items()
        if key not in fork
        and migration.ghosts
        and all(ghost in fork and ghost not in tree.migrations for ghost in migration.ghosts)
    }


def with_released_files(patch: Patch, tree: Tree, squashes: frozenset[MigrationKey]) -> Tree:
    """The tree with the files that these squashes of the patch branch replace, and not the squashes: they make nothing that the fork point has not."""
    fork = patch.fork.migrations
    finished = {key: ghosts for key, ghosts in squashes_of_released(patch).items() if key in squashes}
    if not finished:
        return tree
    released: dict[MigrationKey, Migration | None] = {
        ghost: fork[ghost] for ghosts in finished.values() for ghost in ghosts
    }
    return before_squashes(tree.with_migrations(released), frozenset(finished)) or tree


def before_squashes(tree: Tree, own: frozenset[MigrationKey]) -> Tree | None:
    """The tree before those of its own squashes were made whose replaced files are all still there; None where there are none.

    What depends on such a squash depends on what it replaces instead.
    """
    squashes = {
        key: migration.ghosts
        for key, migration in tree.migrations.items()
        if key in own and migration.ghosts and all(ghost in tree.migrations for ghost in migration.ghosts)
    }
    if not squashes:
        return None
    rest = {key: migration for key, migration in tree.migrations.items() if key not in squashes}
    changed: dict[MigrationKey, Migration | None] = dict.fromkeys(squashes, None)
    changed |= {key: re_pointed(migration, squashes) for key, migration in rest.items()}
    return tree.with_migrations(changed)


def re_pointed(migration: Migration, squashes: Mapping[MigrationKey, tuple[MigrationKey, ...]]) -> Migration:
    if not any(parent in squashes for parent in migration.parents):
        return migration
    dependencies: list[Dependency] = []
    for parent in migration.dependencies:
        replaced = squashes.get(parent, ()) if isinstance(parent, MigrationKey) else ()
        dependencies.extend(replaced or (parent,))
    return migration.with_changes(dependencies=tuple(dict.fromkeys(dependencies)))
