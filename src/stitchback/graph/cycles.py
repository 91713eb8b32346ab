"""Migrations that depend on each other in a ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stitchback.model.keys import MigrationKey


def rings(
    order: Iterable[MigrationKey], parents: Mapping[MigrationKey, tuple[MigrationKey, ...]]
) -> tuple[tuple[MigrationKey, ...], ...]:
    """One ring of each knot of the graph, every migration before the one that depends on it, the smallest key first.

    `order`: every node once, parents first as far as there is no ring.
    """
    order = tuple(order)
    if parents_come_first(order, parents):
        return ()
    knotted = left_over(order, parents)
    import networkx  # 0.3 s, and only a broken graph needs it

    graph: networkx.DiGraph[MigrationKey] = networkx.DiGraph()
    graph.add_edges_from(
        (parent, child) for child in sorted(knotted) for parent in parents[child] if parent in knotted
    )
    knots = [graph.subgraph(knot) for knot in networkx.strongly_connected_components(graph)]
    found = [networkx.find_cycle(knot, min(knot)) for knot in knots if networkx.number_of_edges(knot)]
    return tuple(sorted(turned(tuple(parent for parent, _ in ring)) for ring in found))


def parents_come_first(
    order: Iterable[MigrationKey], parents: Mapping[MigrationKey, tuple[MigrationKey, ...]]
) -> bool:
    before: set[MigrationKey] = set()
    for node in order:
        if not before.issuperset(parents[node]):
            return False
        before.add(node)
    return True


def turned(ring: tuple[MigrationKey, ...]) -> tuple[MigrationKey, ...]:
    start = ring.index(min(ring))
    return ring[start:] + ring[:start]


def left_over(
    nodes: Iterable[MigrationKey], parents: Mapping[MigrationKey, tuple[MigrationKey, ...]]
) -> set[MigrationKey]:
    """What remains once every node whose parents are gone has been taken away, again and again (Kahn)."""
    waiting = {node: len(parents[node]) for node in nodes}
    children: dict[MigrationKey, list[MigrationKey]] = {}
    for node in waiting:
        for parent in parents[node]:
            children.setdefault(parent, []).append(node)
    ready = [node for node, count in waiting.items() if count == 0]
    while ready:
        node = ready.pop()
        del waiting[node]
        for child in children.get(node, ()):
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    return set(waiting)
