"""The graph of a tree's migrations, as values: missing nodes and cycles are reported, not raised."""

from stitchback.graph.digraph import newest_first
from stitchback.graph.migration_graph import MigrationGraph, missing_words

__all__ = ["MigrationGraph", "missing_words", "newest_first"]
