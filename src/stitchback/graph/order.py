"""The order in which Django runs a graph. Source: `MigrationGraph.iterative_dfs`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stitchback.model.keys import MigrationKey


def depth_first(
    start: MigrationKey,
    neighbours: Mapping[MigrationKey, tuple[MigrationKey, ...]],
    visited: dict[MigrationKey, None] | None = None,
) -> tuple[MigrationKey, ...]:
    """`start` and all that can be reached, farthest first, ties as Django breaks them: of several neighbours (sorted) the
    greatest goes first. An edge back into the path being walked (a cycle) is passed over, where Django would not end.

    `visited`: what an earlier walk has reached comes first and is not walked again; what this one reaches is put in."""
    visited = {} if visited is None else visited
    walking: set[MigrationKey] = set()
    stack = [(start, False)]
    while stack:
        node, processed = stack.pop()
        if node in visited:
            continue
        if processed:
            visited[node] = None
        elif node not in walking:
            walking.add(node)
            stack.append((node, True))
            stack.extend((other, False) for other in neighbours.get(node, ()) if other not in visited)
    return tuple(visited)


def full_order(
    leaves: Iterable[MigrationKey],
    nodes: Iterable[MigrationKey],
    parents: Mapping[MigrationKey, tuple[MigrationKey, ...]],
) -> tuple[MigrationKey, ...]:
    """Every node once, as `migration_plan(leaf_nodes(), clean_start=True)` lists them; nodes that no leaf reaches (only
    where there is a cycle) come last."""
    ordered: dict[MigrationKey, None] = {}
    for start in (*leaves, *nodes):
        if start not in ordered:
            depth_first(start, parents, ordered)
    return tuple(ordered)
