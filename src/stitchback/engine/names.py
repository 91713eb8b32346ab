"""Migration names as Django writes them."""

from __future__ import annotations

from stitchback.model.command_cache import by_value
from stitchback.model.keys import MigrationKey

Name = tuple[str, str]


@by_value
def as_key(name: Name) -> MigrationKey:
    """The key of a name, always the same object: databases are compared very often."""
    return MigrationKey(*name)
