"""The graph of a tree's migrations, as values: what is missing or goes in a circle is told, not raised."""

from stitchback.graph.migration_graph import MigrationGraph

__all__ = ["MigrationGraph"]
