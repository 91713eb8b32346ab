"""Checks whether Django can build a graph of a result, from its slice and the apps that the plan changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from stitchback.graph import MigrationGraph
from stitchback.model.migrations import App, Tree
from stitchback.model.problems import Problem
from stitchback.proof.graph_checks import several_leaves, unlinked


def unsound(
    cut: Tree, result: Tree, mainline: Tree, changed: Iterable[str], excused: Collection[str]
) -> Iterator[Problem]:
    """Reports apps with several leaf nodes (except `excused` ones), missing dependencies and cycles. Migrations outside the slice depend on nothing
    that is missing or changed by the plan; leaf nodes of other apps are mainline's."""
    apps = frozenset(changed)
    yield from unlinked(cut)
    yield from several_leaves(MigrationGraph.of(of_apps(result, apps)), apps)
    others = {key.app for key in mainline.migrations}.difference(apps, excused)
    yield from several_leaves(MigrationGraph.of(mainline), others)


def of_apps(tree: Tree, apps: frozenset[str]) -> Tree:
    migrations = {key: migration for key, migration in tree.migrations.items() if key.app in apps}
    return Tree(tree.ref, tree.commit, migrations, {app: App(app, "", "", "") for app in apps})
