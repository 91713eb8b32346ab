"""Plans that were right, with one thing wrong: what each judge finds of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate


def damaged(candidate: Candidate, mainline: dict[MigrationKey, Migration]) -> Iterator[tuple[str, Candidate]]:
    """What was damaged, and the candidate: a dependency, an operation, `replaces` or a row of a hand left out, an operation twice,
    two operations in the other order; of each migration that the plan makes or changes."""
    for key, migration in sorted(candidate.result.migrations.items()):
        if mainline.get(key) != migration:
            for what, other in damages(migration):
                yield (
                    f"{key}: {what}",
                    replace(candidate, result=candidate.result.with_migrations({key: other})),
                )
    for place, handover in enumerate(candidate.manual_inserts):
        rest = candidate.manual_inserts[:place] + candidate.manual_inserts[place + 1 :]
        yield f"no row of {handover.insert}", replace(candidate, manual_inserts=rest)


def damages(migration: Migration) -> Iterator[tuple[str, Migration]]:
    for place, dependency in enumerate(migration.dependencies):
        rest = migration.dependencies[:place] + migration.dependencies[place + 1 :]
        yield f"without the dependency on {dependency}", migration.with_changes(dependencies=rest)
    if migration.replaces:
        yield "without replaces", migration.with_changes(replaces=())
    done = migration.operations
    for place in range(len(done)):
        yield (
            f"without operation {place}",
            migration.with_changes(operations=done[:place] + done[place + 1 :]),
        )
        yield (
            f"operation {place} twice",
            migration.with_changes(operations=done[: place + 1] + done[place:]),
        )
        if place:
            swapped = (*done[: place - 1], done[place], done[place - 1], *done[place + 1 :])
            yield f"operations {place - 1} and {place} swapped", migration.with_changes(operations=swapped)
