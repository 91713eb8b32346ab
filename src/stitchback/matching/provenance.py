"""The comments of stitched files: which patch migration each one replaces, and from which mainline migration it took operations.

The strategies write these lines (`replaces`, `copied`, `takes operations from`). From the tree alone, they show which databases need a manual step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree

REPLACES, COPIED, COVERS, TAKES_FROM = "replaces ", "copied ", "covers ", "takes operations from "


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
    origins = [*lines_after(migration.provenance, REPLACES), *lines_after(migration.provenance, COPIED)]
    if not origins and not any(lines_after(migration.provenance, TAKES_FROM)):
        return None
    ghosts = tuple(named_after(migration.provenance, REPLACES))
    takes_over = tuple(named_after(migration.provenance, TAKES_FROM))
    label = ", ".join(origins) or str(migration.key)
    return StitchedMigration(migration.key, ghosts, takes_over, label)


def stitched_for(provenance: Iterable[str]) -> frozenset[MigrationKey]:
    """The patch migrations for which the file was stitched."""
    lines = tuple(provenance)
    return frozenset(key for word in (REPLACES, COPIED, COVERS) for key in named_after(lines, word))


def covered(tree: Tree) -> frozenset[MigrationKey]:
    """Patch migrations whose work the tree's own migrations include without a row for them."""
    return frozenset(
        key for migration in tree.migrations.values() for key in named_after(migration.provenance, COVERS)
    )


def named_after(provenance: Iterable[str], word: str) -> Iterator[MigrationKey]:
    """The migration that each line with that word names. A line that was edited and cannot be parsed says nothing."""
    for line in lines_after(provenance, word):
        with contextlib.suppress(ValueError):
            yield MigrationKey.parse(next(iter(line.split()), ""))


def lines_after(provenance: Iterable[str], word: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(word) for line in provenance if line.startswith(word))
