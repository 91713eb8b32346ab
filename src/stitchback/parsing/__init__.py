"""Bytes of migration files -> values of the model, never running or importing what is read."""

from __future__ import annotations

from stitchback.parsing.context import CachedReading, FileEntry, ReadingCache, ReadingConfig, ReadingContext
from stitchback.parsing.migration import read_migration
from stitchback.parsing.tree import read_tree

__all__ = [
    "CachedReading",
    "FileEntry",
    "ReadingCache",
    "ReadingConfig",
    "ReadingContext",
    "read_migration",
    "read_tree",
]
