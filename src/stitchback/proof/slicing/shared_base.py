"""What stands below all branches, put together in few nodes: those that something else hangs on, over what they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.engine import CompositeMigration
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.proof.slicing.footprint import Models, part_on

Keys = frozenset[MigrationKey]


@dataclass(frozen=True, slots=True)
class SharedBase:
    """`nodes` are the frontier's migrations, emptied, and the blocks that do their and their ancestors' work. `block_of`: a
    shared migration -> the nearest blocks that it, or what hangs on it, has to have below."""

    nodes: Mapping[MigrationKey, Migration]
    blocks: Keys
    block_of: Mapping[MigrationKey, tuple[MigrationKey, ...]]


def frontier(
    shared: Keys, graph: MigrationGraph, wanted: Iterable[MigrationKey], apps: Iterable[str]
) -> Keys:
    """The shared migrations that must be there by name: `wanted`, and in their apps and in `apps` the last ones, so that no
    app has a leaf that it has not."""
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
    """`order`: the shared nodes, as Django runs them. `hung`: for each other node that hangs on shared migrations, which ones. Shared migrations that the same nodes have for
    ancestors run together or not at all, as far as those nodes can tell: they make one block, of what they do to `models`."""
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
    # What is an ancestor of a group has all of the group's bits, and more: so it comes first.
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
    """Each shared migration -> a number that tells which nodes have it for an ancestor."""
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
    """The frontier's migrations without their work, hung on their blocks and on each other as their ancestors are."""
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
