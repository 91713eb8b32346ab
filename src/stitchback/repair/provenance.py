"""The comments of stitched files: which patch migration each one replaces, and from which mainline migration it took operations.

The strategies write these lines (`replaces`, `copied`, `takes operations from`). From the tree alone, they show which databases need a manual step.
"""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree


@dataclass(frozen=True, slots=True, order=True)
class StitchedMigration:
    """`stands_for`: the patch migration, if its name differs from the file's. `label`: its description ("shop.0003_color of release/2.4 (commit …)").
    `takes_over`: mainline migrations that created, before the stitch, what this one creates now."""

    key: MigrationKey
    stands_for: tuple[MigrationKey, ...]
    takes_over: tuple[MigrationKey, ...]
    label: str


def stitched(tree: Tree) -> tuple[StitchedMigration, ...]:
    """All stitched migrations of the tree, sorted by key."""
    found = (_of(tree.migrations[key]) for key in sorted(tree.migrations))
    return tuple(each for each in found if each is not None)


def _of(migration: Migration) -> StitchedMigration | None:
    origins = [*_lines_starting_with(migration, "replaces "), *_lines_starting_with(migration, "copied ")]
    givers = _lines_starting_with(migration, "takes operations from ")
    if not origins and not givers:
        return None
    ghosts = tuple(key for key in map(_key, _lines_starting_with(migration, "replaces ")) if key is not None)
    takes_over = tuple(key for key in map(_key, givers) if key is not None)
    label = ", ".join(origins) or str(migration.key)
    return StitchedMigration(migration.key, ghosts, takes_over, label)


def _lines_starting_with(migration: Migration, word: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(word) for line in migration.provenance if line.startswith(word))


def _key(text: str) -> MigrationKey | None:
    """The migration at the start of a line; None if the line was edited and cannot be parsed."""
    try:
        return MigrationKey.parse(next(iter(text.split()), ""))
    except ValueError:
        return None


def covered(tree: Tree) -> frozenset[MigrationKey]:
    """Patch migrations whose work the tree's own migrations include without a row for them ("covers" lines)."""
    lines = (
        line for migration in tree.migrations.values() for line in _lines_starting_with(migration, "covers ")
    )
    return frozenset(key for key in map(_key, lines) if key is not None)
