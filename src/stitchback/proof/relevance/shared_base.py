"""Combines the shared migrations into few nodes: those that others depend on, on top of blocks with their work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.engine import CompositeMigration
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.proof.relevance.footprint import Models, part_on

Keys = frozenset[MigrationKey]


@dataclass(frozen=True, slots=True)
class SharedBase:
    """`nodes`: the frontier's migrations without operations, and the blocks with their and their ancestors' work. `block_of`: a shared migration ->
    the nearest blocks that it, or a migration that depends on it, needs as ancestors."""

    nodes: Mapping[MigrationKey, Migration]
    blocks: Keys
    block_of: Mapping[MigrationKey, tuple[MigrationKey, ...]]


def frontier(
    shared: Keys, graph: MigrationGraph, wanted: Iterable[MigrationKey], apps: Iterable[str]
) -> Keys:
    """The shared migrations that must exist by name: `wanted`, and the leaf nodes of their apps and of `apps`, so that no app has an additional leaf
    node."""
    named = {graph.resolve(key) for key in wanted}
    its_apps = {key.app for key in named} | set(apps)
    last = {
        key
        for key in shared
        if key.app in its_apps
        and key in graph.nodes
        and not any(child.app == key.app and child in shared for child in graph.children(key))
    }
    return frozenset(named | last)


def shared_base(
    tree: Tree,
    shared: Keys,
    graph: MigrationGraph,
    order: list[MigrationKey],
    front: Keys,
    hung: Iterable[Keys],
    models: Models,
) -> SharedBase:
    """The shared base. `order`: the shared nodes in Django's order. `hung`: for each other node that depends on shared migrations, these migrations.
    Shared migrations with the same descendants among those nodes always run together from their point of view: they become one block, with the
    operations on `models`."""
    groups = grouped(order, shared, graph, front, hung)
    members: dict[int, list[MigrationKey]] = {}
    for key in order:
        members.setdefault(groups[key], []).append(key)
    members.pop(0, None)
    names = {
        group: MigrationKey(f"shared_{number}", "0001_shared") for number, group in enumerate(members, 1)
    }
    works = {group: worked(tree, keys, models) for group, keys in members.items()}
    nearest: dict[int, tuple[MigrationKey, ...]] = {}
    nodes: dict[MigrationKey, Migration] = {}
    # An ancestor of a group has all of the group's bits and more, so it comes first.
    for group, keys in sorted(members.items(), key=lambda each: -each[0].bit_count()):
        above = {groups[parent] for key in keys for parent in graph.parents(key)} - {group}
        below = tuple(dict.fromkeys(block for other in sorted(above) for block in nearest[other]))
        nearest[group] = (names[group],) if works[group] else below
        if works[group]:
            nodes[names[group]] = CompositeMigration(
                names[group], "", "", dependencies=below, parts=works[group]
            )
    blocks = frozenset(nodes)
    nodes |= emptied(tree, order, graph, front, {key: nearest.get(groups[key], ()) for key in front})
    return SharedBase(nodes, blocks, {key: nearest.get(groups[key], ()) for key in order})


def grouped(
    order: list[MigrationKey], shared: Keys, graph: MigrationGraph, front: Keys, hung: Iterable[Keys]
) -> dict[MigrationKey, int]:
    """Each shared migration -> a number that identifies the nodes that have it as an ancestor."""
    marks: dict[MigrationKey, int] = dict.fromkeys(order, 0)
    for bit, keys in enumerate((*(frozenset({key}) for key in sorted(front)), *hung)):
        for key in keys:
            marks[graph.resolve(key)] |= 1 << bit
    for key in reversed(order):
        for child in graph.children(key):
            if child in shared:
                marks[key] |= marks[child]
    return marks


def worked(tree: Tree, keys: Iterable[MigrationKey], models: Models) -> tuple[Migration, ...]:
    apps = {key.app for key in models.keys} | models.apps
    parts = (part_on(tree.migrations[key], models) for key in keys if key.app in apps)
    return tuple(part for part in parts if part is not None)


def emptied(
    tree: Tree,
    order: list[MigrationKey],
    graph: MigrationGraph,
    front: Keys,
    blocks: Mapping[MigrationKey, tuple[MigrationKey, ...]],
) -> dict[MigrationKey, Migration]:
    """The frontier's migrations without operations, which depend on their blocks and on each other as their ancestors do."""
    near: dict[MigrationKey, Keys] = {}
    nodes: dict[MigrationKey, Migration] = {}
    for key in order:
        found = frozenset(each for parent in graph.parents(key) for each in near[parent])
        if key in front:
            parents = (*sorted(found), *blocks[key])
            nodes[key] = Migration(key, tree.migrations[key].path, "", dependencies=parents)
            found = frozenset({key})
        near[key] = found
    return nodes
