"""Our graph beside that of Django's loader: every difference in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Swappable, Tree


def graph_differences(tree: Tree, loader: Any) -> Iterator[str]:
    """Nothing where both have the same migrations, replacements and parents; apps that are not installed are left out.
    `loader`: a `MigrationLoader` without a connection, so with the graph of a fresh database."""
    disk = {MigrationKey(*key): migration for key, migration in loader.disk_migrations.items()}
    apps = {key.app for key in disk}
    ours = {key: migration for key, migration in tree.migrations.items() if key.app in apps}
    yield from sets("migrations", ours.keys(), disk.keys())
    for key in sorted(ours.keys() & disk.keys()):
        yield from sets(f"{key} replaces", ours[key].ghosts, names(disk[key].replaces))
        if tuple(ours[key].ghosts) != names(disk[key].replaces):
            yield f"{key} replaces in another order"
    yield from edge_differences(MigrationGraph.of(tree, swappable(tree)), loader.graph, apps)


def edge_differences(ours: MigrationGraph, theirs: Any, apps: Collection[str]) -> Iterator[str]:
    nodes = {MigrationKey(*key): node for key, node in theirs.node_map.items()}
    yield from sets("nodes", {key for key in ours.nodes if key.app in apps}, nodes.keys())
    for key in sorted(ours.nodes & nodes.keys()):
        parents = {MigrationKey(*parent.key) for parent in nodes[key].parents}
        yield from sets(f"{key} parents", [each for each in ours.parents(key) if each.app in apps], parents)


def swappable(tree: Tree) -> dict[str, str]:
    """What the settings say that the tree's files ask for."""
    files = tree.migrations.values()
    named = {each.setting for file in files for each in file.dependencies if isinstance(each, Swappable)}
    return {name: str(getattr(settings, name)) for name in named if hasattr(settings, name)}


def names(keys: Any) -> tuple[MigrationKey, ...]:
    return tuple(MigrationKey(*key) for key in keys)


def sets(what: str, ours: Collection[MigrationKey], theirs: Collection[MigrationKey]) -> Iterator[str]:
    for key in sorted(set(ours) ^ set(theirs)):
        yield f"{what}: {key} {'only ours' if key in ours else 'only theirs'}"
