"""Migrations that a database may have run without a row, derived from the tree's comments and `replaces`."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.matching.provenance import StitchedMigration, stitched
from stitchback.model.keys import MigrationKey
from stitchback.repair.recorder_rules import Keys, RecorderRules


@dataclass(frozen=True, slots=True)
class UnrecordedMigration:
    """`key` was applied, although no row counts for it. `because`: the rows that prove it; `reason`: a description.

    `certain`: the rows alone prove it. Otherwise a database may have these rows without having run it (FACTS F28), unless the tree could not have
    recorded them so.
    """

    key: MigrationKey
    because: tuple[MigrationKey, ...]
    reason: str
    certain: bool


def hidden(accounts: RecorderRules, rows: Keys) -> tuple[UnrecordedMigration, ...]:
    """All unrecorded migrations, sorted by key: own rows of squashes, manual inserts, squashes that lost their `replaces`."""
    found = [*_replacers_of_their_own(accounts, rows)]
    for origin in stitched(accounts.tree):
        if accounts.counts(origin.key, rows) or origin.key in rows:
            continue
        found.extend(_stitched_elsewhere(origin, rows))
        found.extend(_stood_for(origin, rows))
    best: dict[MigrationKey, UnrecordedMigration] = {}
    for one in sorted(found, key=lambda hidden: (hidden.key, not hidden.certain)):
        best.setdefault(one.key, one)
    nodes = accounts.standing(rows).nodes
    return tuple(one for one in best.values() if one.key in nodes)


def _replacers_of_their_own(accounts: RecorderRules, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F7, F8: an applied migration got `replaces` later; Django would run it again."""
    return [
        UnrecordedMigration(
            key,
            (key,),
            f"{key} is applied, but Django checks what it replaces instead and would run it again (FACTS F7, F8)",
            certain=True,
        )
        for key in sorted(rows & frozenset(accounts.tree.migrations))
        if accounts.is_replacer(key) and not accounts.counts(key, rows)
    ]


def _stitched_elsewhere(each: StitchedMigration, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F12: before the stitch, mainline migrations created what the stitched one creates now."""
    if not each.takes_over or not rows.issuperset(each.takes_over):
        return []
    names = " and ".join(map(str, each.takes_over))
    reason = f"{names} already created here what {each.key} creates, which replaces {each.label}"
    return [UnrecordedMigration(each.key, each.takes_over, reason, certain=False)]


def _stood_for(each: StitchedMigration, rows: Keys) -> list[UnrecordedMigration]:
    """FACTS F22: `replaces` is gone, the row of the replaced migration remains."""
    if not each.stands_for or not rows.issuperset(each.stands_for):
        return []
    reason = f"{each.label} is applied, and {each.key} no longer has it in `replaces` (FACTS F22)"
    return [UnrecordedMigration(each.key, each.stands_for, reason, certain=True)]
