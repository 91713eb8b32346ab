"""The one door to networkx: what comes before what, and in which order Django runs it.

An edge leads from a migration to one that depends on it. networkx is imported where a graph is made: `--help` needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from stitchback.model.keys import MigrationKey

if TYPE_CHECKING:
    from networkx import DiGraph


def graph_of(parents: Mapping[MigrationKey, Iterable[MigrationKey]]) -> DiGraph:
    """The mapping's keys and what each depends on."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(parents)
    graph.add_edges_from((parent, child) for child, above in parents.items() for parent in above)
    return graph


def ancestors(graph: DiGraph, key: MigrationKey) -> tuple[MigrationKey, ...]:
    """All that comes before the node, and itself last, in Django's order (`MigrationGraph.iterative_dfs`): of several parents the
    greatest goes first. An edge back into the path being walked (a cycle) is passed over, where Django would not end."""
    return _postorder(graph.reverse(copy=False), key)


def descendants(graph: DiGraph, key: MigrationKey) -> tuple[MigrationKey, ...]:
    """All that comes after the node, and itself last, in Django's order."""
    return _postorder(graph, key)


def full_order(graph: DiGraph, starts: Iterable[MigrationKey]) -> tuple[MigrationKey, ...]:
    """Every node once: what comes before the first of `starts`, then the rest of what comes before the second, …"""
    upwards = graph.__class__()
    upwards.add_nodes_from(starts)
    upwards.update(graph.reverse(copy=False))
    return _postorder(upwards, None)


def rings(graph: DiGraph) -> tuple[tuple[MigrationKey, ...], ...]:
    """One ring of each knot of the graph, every migration before the one that depends on it, the smallest key first."""
    import networkx

    return tuple(sorted(_rings(graph))) if not networkx.is_directed_acyclic_graph(graph) else ()


def _rings(graph: DiGraph) -> Iterator[tuple[MigrationKey, ...]]:
    import networkx

    for knot in networkx.strongly_connected_components(graph):
        tied = graph_of({child: sorted(knot.intersection(graph.pred[child])) for child in sorted(knot)})
        if tied.size():
            ring = [parent for parent, _ in networkx.find_cycle(tied, min(knot))]
            start = ring.index(min(ring))
            yield tuple(ring[start:] + ring[:start])


def _postorder(graph: DiGraph, start: MigrationKey | None) -> tuple[MigrationKey, ...]:
    import networkx

    return tuple(networkx.dfs_postorder_nodes(graph, start, sort_neighbors=_greatest_first))


def _greatest_first(keys: Iterable[MigrationKey]) -> list[MigrationKey]:
    return sorted(keys, reverse=True)
