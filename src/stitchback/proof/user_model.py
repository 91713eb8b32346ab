"""Replaces dependencies on a swappable model by the first migration of that model's app, with each tree's own settings (FACTS F37).

If the trees do not name the same app, the proof includes the first migrations of installed packages that depend on the user model.
"""

from __future__ import annotations

from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.graph.swapped import app_of, depending, first_of, swapped
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Swappable, Tree
from stitchback.model.plans import Patch, Situation


class UserModels:
    """The trees of a situation, and those of its plans, with their own settings."""

    def __init__(self, situation: Situation) -> None:
        of_patches = [tree for patch in situation.patches for tree in (patch.fork, patch.tree)]
        trees = (situation.mainline, *of_patches)
        self.settings = tuple(sorted({name for tree in trees for name in tree.settings}))
        self.swapped = frozenset(swapped(trees))
        self.installed = {
            parent.app for tree in of_patches for _, parent in MigrationGraph.raw(tree).external
        } | {"auth"}
        self.fork_apps = {key.app for tree in of_patches for key in tree.migrations}
        self._known: dict[tuple[int, tuple[MigrationKey, ...]], tuple[Migration, Migration]] = {}

    def situation(self, situation: Situation) -> Situation:
        if not self.settings:
            return situation
        patches = tuple(map(self.patch, situation.patches))
        return replace(situation, patches=patches, mainline=self.tree(situation.mainline))

    def patch(self, patch: Patch) -> Patch:
        tree, fork = self.tree(patch.tree), self.tree(patch.fork)
        return replace(
            patch,
            tree=tree,
            fork=fork,
            migrations=tuple(tree.migrations[each.key] for each in patch.migrations),
        )

    def tree(self, tree: Tree) -> Tree:
        """The tree with its dependencies on settings replaced by dependencies on migrations."""
        if not self.settings:
            return tree
        changed: dict[MigrationKey, Migration | None] = {}
        for setting in self.settings:
            app = app_of(setting, tree)
            is_swapped = setting in self.swapped
            first = None
            if app is not None:
                first = self.first(app, tree, changed) if is_swapped else first_of(app, tree)
            for key in depending(setting, tree):
                if is_swapped or (first is not None and key in tree.migrations):
                    migration = changed.get(key) or tree.migrations.get(key) or Migration(key, "", "")
                    changed[key] = self.resolved(migration, setting, first)
        packages = {key for key in changed if key not in tree.migrations}
        return tree.with_migrations(changed | self.named(tree, packages))

    def first(
        self, app: str, tree: Tree, changed: dict[MigrationKey, Migration | None]
    ) -> MigrationKey | None:
        """The first migration of the app; for an installed package that no branch depended on before, it is new to every database."""
        found = first_of(app, tree)
        if found is None and app not in self.installed | self.fork_apps | set(tree.apps):
            found = MigrationKey(app, "0001_initial")
            changed[found] = Migration(found, "", "")
        return found

    def resolved(self, migration: Migration, setting: str, first: MigrationKey | None) -> Migration:
        parents = () if first is None else (first,)
        place = (id(migration), parents)
        if place not in self._known:
            dependencies: list[Dependency] = [
                each for each in migration.dependencies if each != Swappable(setting)
            ]
            made = migration.with_changes(dependencies=tuple(dict.fromkeys((*dependencies, *parents))))
            self._known[place] = (migration, made)
        return self._known[place][1]

    def named(self, tree: Tree, packages: set[MigrationKey]) -> dict[MigrationKey, Migration | None]:
        """Other migrations of those packages that the tree depends on, in a chain."""
        found: dict[MigrationKey, Migration | None] = {}
        for first in sorted(packages):
            external = {parent for _, parent in MigrationGraph.raw(tree).external if parent.app == first.app}
            before = first
            for key in sorted(each for each in external if each != first and not each.name.startswith("__")):
                found[key] = Migration(key, "", "", dependencies=(before,))
                before = key
        return found
