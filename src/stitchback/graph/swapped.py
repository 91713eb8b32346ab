"""Models named by a setting (AUTH_USER_MODEL) whose value differs between trees.

Source: `django.db.migrations.swappable_dependency`: the first migration of the app that the setting names
(FACTS F37).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.graph.migration_graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Swappable, Tree

USER_MODEL = "AUTH_USER_MODEL"
FIRST_OF_PACKAGE = "0001_initial"


def swapped(trees: Sequence[Tree]) -> tuple[str, ...]:
    """The settings that name models of different apps in the trees whose settings are known."""
    names = sorted({name for tree in trees for name in tree.settings})
    return tuple(name for name in names if len({app_of(name, tree) for tree in trees} - {None}) > 1)


def app_of(setting: str, tree: Tree) -> str | None:
    """The label of the app whose model the setting names in that tree."""
    model = tree.settings.get(setting)
    return model.partition(".")[0] if model else None


def first_of(app: str, tree: Tree) -> MigrationKey | None:
    """The migration to which a swappable dependency on that app resolves; None if the tree has none of the
    app.
    """
    return next(iter(MigrationGraph.raw(tree).roots(app)), None)


def depending(setting: str, tree: Tree) -> Iterator[MigrationKey]:
    """The tree's migrations that depend on the model of the setting, then those of installed packages.
    Migrations in the model's own app are left out: Django ignores their dependency.
    """
    own = app_of(setting, tree)
    for key, migration in sorted(tree.migrations.items()):
        if key.app != own and is_swappable(setting, migration):
            yield key
    labels = {key.app for key in tree.migrations} | set(tree.apps)
    for label in tree.of_user_model if setting == USER_MODEL else ():
        if label not in labels:
            yield MigrationKey(label, FIRST_OF_PACKAGE)


def is_swappable(setting: str, migration: Migration) -> bool:
    return any(isinstance(each, Swappable) and each.setting == setting for each in migration.dependencies)
