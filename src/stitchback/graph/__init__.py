"""The graph of a tree's migrations, as values: missing nodes and cycles are reported, not raised."""

from stitchback.graph.digraph import newest_first
from stitchback.graph.migration_graph import MigrationGraph

__all__ = ["MigrationGraph", "newest_first"]
