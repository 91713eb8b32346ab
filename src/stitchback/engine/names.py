"""Migration names as Django writes them."""

from __future__ import annotations

from functools import cache

from stitchback.model.keys import MigrationKey

Name = tuple[str, str]


@cache
def as_key(name: Name) -> MigrationKey:
    """The key of a name, always the same object: databases are compared very often."""
    return MigrationKey(*name)
