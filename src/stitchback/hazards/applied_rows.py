"""Which migrations count as applied in the databases of a branch."""

from __future__ import annotations

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree

Keys = frozenset[MigrationKey]


def rows_of(tree: Tree) -> Keys:
    """The rows that a database has which was migrated with the whole tree: Django records a replacer and all that it replaces
    (`MigrationExecutor.record_migration`, `check_replacements`)."""
    return frozenset(tree.migrations) | frozenset(tree.replacers)


def counts_as_applied(migration: Migration, rows: Keys) -> bool:
    """As Django's loader counts: a replacer by the rows of what it replaces, and not by its own (`MigrationLoader.build_graph`)."""
    return rows.issuperset(migration.ghosts) if migration.ghosts else migration.key in rows
