"""Replaces squashed migrations in a graph, as Django's loader does if none of the replaced migrations is
applied; and which migrations count as applied in the databases of a branch.

Source: `MigrationLoader.build_graph` and (6.x, nested squashes) `replace_migration`;
`MigrationGraph.remove_replaced_nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping

from stitchback.graph.resolution import Edges
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree


def carry_out(
    edges: Edges, replaces: Mapping[MigrationKey, tuple[MigrationKey, ...]]
) -> dict[MigrationKey, MigrationKey]:
    """Put every replacement in the place of what it replaces. Returns replaced migration -> its replacement.

    Replacements are processed in the order of their keys, a nested one before the one that replaces it. If
    two replace the same migration, the first takes its edges (FACTS F4). A replacement that was already
    replaced is skipped.
    """
    resolved: dict[MigrationKey, MigrationKey] = {}
    done: set[MigrationKey] = set()
    for key in sorted(replaces):
        replace_one(key, edges, replaces, resolved, done)
    return resolved


def replace_one(
    key: MigrationKey,
    edges: Edges,
    replaces: Mapping[MigrationKey, tuple[MigrationKey, ...]],
    resolved: dict[MigrationKey, MigrationKey],
    done: set[MigrationKey],
) -> None:
    if key in done:
        return
    done.add(key)
    for target in replaces[key]:
        if target in replaces:
            replace_one(target, edges, replaces, resolved, done)
    if key in edges.graph:
        take_place(key, replaces[key], edges, resolved)


def take_place(
    key: MigrationKey,
    targets: tuple[MigrationKey, ...],
    edges: Edges,
    resolved: dict[MigrationKey, MigrationKey],
) -> None:
    replaced = set(targets)
    for target in targets:
        if target == key:
            continue  # FACTS F24: Django fails on it; the engine reports that
        resolved.setdefault(target, key)
        parents, children = edges.drop(target)
        edges.files.pop(target, None)
        for child in children - replaced:
            edges.graph.add_edge(
                key, child
            )  # to itself if it depends on what it replaces: a cycle, as in Django
        for parent in parents - replaced:
            edges.graph.add_edge(parent, key)


def put_in_place_of_ghosts(edges: Edges, ghosts: Mapping[MigrationKey, MigrationKey]) -> None:
    """Make each migration that names a ghost depend on the file that replaces it (FACTS F18). Every file
    stays a node.
    """
    for ghost, replacer in ghosts.items():
        if ghost in edges.graph:
            parents, children = edges.drop(ghost)
            for child in children - {replacer}:
                edges.graph.add_edge(replacer, child)
            for parent in parents - {replacer}:
                edges.graph.add_edge(parent, replacer)


def rows_of(tree: Tree) -> frozenset[MigrationKey]:
    """The rows that a database has which was migrated with the whole tree: Django records a replacer and all that it replaces
    (`MigrationExecutor.record_migration`, `check_replacements`)."""
    return frozenset(tree.migrations) | frozenset(tree.replacers)


def counts_as_applied(migration: Migration, rows: frozenset[MigrationKey]) -> bool:
    """As Django's loader counts: a replacer by the rows of what it replaces, and not by its own (`MigrationLoader.build_graph`)."""
    return rows.issuperset(migration.ghosts) if migration.ghosts else migration.key in rows
