"""Directed graphs of migrations, and the order in which Django runs them. Only this module imports networkx.

An edge leads from a migration to one that depends on it. networkx is imported when a graph is built: `--help`
does not need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from stitchback.model.keys import MigrationKey

if TYPE_CHECKING:
    from networkx import DiGraph

N = TypeVar("N", bound=tuple[str, ...])  # a node: it sorts as its migration's key does


def graph_of(parents: Mapping[N, Iterable[N]]) -> DiGraph:
    """The graph of the mapping's keys and the migrations that each depends on."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(parents)
    graph.add_edges_from((parent, child) for child, above in parents.items() for parent in above)
    return graph


def ancestors(graph: DiGraph, key: MigrationKey) -> tuple[MigrationKey, ...]:
    """All ancestors of the node, then the node, in Django's order (`MigrationGraph.iterative_dfs`): of
    several parents the greatest comes first. An edge that closes a cycle is ignored; Django would loop
    forever.
    """
    return _postorder(graph.reverse(copy=False), key)


def descendants(graph: DiGraph, key: MigrationKey) -> tuple[MigrationKey, ...]:
    """All descendants of the node, then the node, in Django's order."""
    return _postorder(graph, key)


def newest_first(parents: Mapping[N, Iterable[N]]) -> tuple[N, ...]:
    """The mapping's keys, each before those that it depends on: Django's full plan, backwards."""
    graph = graph_of(parents)
    leaves = [node for node in sorted(parents) if all(child[0] != node[0] for child in graph.succ[node])]
    return full_order(graph, (*leaves, *sorted(parents)))[::-1]


def full_order(graph: DiGraph, starts: Iterable[N]) -> tuple[N, ...]:
    """Every node once: the ancestors of the first of `starts`, then the remaining ancestors of the second, …"""
    upwards = graph.__class__()
    upwards.add_nodes_from(starts)
    upwards.update(graph.reverse(copy=False))
    return _postorder(upwards, None)


def rings(graph: DiGraph) -> tuple[tuple[MigrationKey, ...], ...]:
    """One cycle of each strongly connected component, each migration before one that depends on it, the
    smallest key first.
    """
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


def _postorder(graph: DiGraph, start: N | None) -> tuple[N, ...]:
    import networkx

    return tuple(networkx.dfs_postorder_nodes(graph, start, sort_neighbors=_greatest_first))


def _greatest_first(keys: Iterable[N]) -> list[N]:
    return sorted(keys, reverse=True)
