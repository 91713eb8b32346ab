"""rehome: the patch migration's own file in mainline's tree; mainline's duplicate no longer contains what it does."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.strategies.copy_file import brought
from stitchback.strategies.draft import Draft, Resolution
from stitchback.strategies.replacement import givers_of


class Rehome:
    """As a diamond, with the patch migration itself in the stitched one's place: it stays a first-class migration, and a
    branch that git has merged already has its file. Works past a squash too (FACTS F19)."""

    name = "rehome"
    summary = "The patch migration is copied; mainline's migration depends on it and no longer contains its operations."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if not unit.duplicated or unit.remainder or unit.twin:
            return None
        givers = givers_of(unit)
        file = brought(draft, unit, givers)
        if file is None:
            return None
        file = replace(file, provenance=()).with_comment(
            f"Copied from {unit.side.patch.tree.ref}; mainline's own migrations do not repeat its operations.",
            provenance=(f"copied {unit.label}", *(f"takes operations from {giver}" for giver in givers)),
        )
        rehomed = (
            draft.with_file(file)
            .with_replacement(unit.key, unit.key)
            .with_resolution(unit, Resolution.REMOVE, unit.key)
        )
        squashed = _into_squashes(rehomed, unit.key, givers)
        return squashed.with_manual_insert(unit.key, givers).with_strategy(unit.key.app, self.name)


def _into_squashes(draft: Draft, patch: MigrationKey, givers: tuple[MigrationKey, ...]) -> Draft:
    """Where mainline has squashed a giver since, its file still there, the squash makes what the patch made as well: it replaces the
    patch migration's file too, so that a fresh database does not make it twice."""
    edited = {key for key, file in draft.files.items() if file.replaces}
    known = {key for giver in givers for key in draft.mainline.replacers.get(giver, ())}
    for key in sorted(key for key in edited | known if draft.has_file(key)):
        file = draft.get_file(key)
        inner = [giver for giver in givers if giver in file.replaces and draft.has_file(giver)]
        if inner and patch not in file.replaces:
            place = file.replaces.index(inner[0])
            draft = draft.with_file(
                replace(file, replaces=(*file.replaces[:place], patch, *file.replaces[place:]))
            )
    return draft
