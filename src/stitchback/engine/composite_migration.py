"""One node of a graph that replaces several migrations."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.migrations import Migration


@dataclass(frozen=True, slots=True)
class CompositeMigration(Migration):
    """A migration that runs its `parts` one after the other, each as a migration of its own app."""

    parts: tuple[Migration, ...] = ()


def parts_of(migration: Migration) -> tuple[Migration, ...]:
    return migration.parts if isinstance(migration, CompositeMigration) else (migration,)
