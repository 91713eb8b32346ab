"""Migrations as Django names them."""

from __future__ import annotations

from functools import cache

from stitchback.model.keys import MigrationKey

Name = tuple[str, str]


@cache
def as_key(name: Name) -> MigrationKey:
    """The key of a name, the same object every time: databases are compared all the time."""
    return MigrationKey(*name)
