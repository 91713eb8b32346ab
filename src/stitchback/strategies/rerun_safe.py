"""rerun-safe: an alteration that both sides made may run twice."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.strategies.draft import Draft, Resolution


class RerunSafe:
    """Altering a column to the definition that it has already changes nothing on any engine, so mainline's alteration may run on
    patched databases too. If the patch's definition is different, mainline's migration alters the column to it first, so that Django
    starts from what the database has. An index or a constraint that both sides drop and recreate under its name is dropped and
    created once more. No population needs a manual step.

    Does not fit if uniqueness, an index or a foreign key is part of the alteration: it would be created twice, and the proof refuses.
    """

    name = "rerun-safe"
    summary = "Both sides made an alteration that is safe to repeat: mainline's migration runs on patched databases too."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if not unit.only_alters or unit.remainder or unit.twin or draft.has_file(unit.key):
            return None
        last = max(atom.origin.migration for match in unit.duplicated for atom in match.given)
        return (
            draft.with_resolution(unit, Resolution.GUARD, None)
            .with_replacement(unit.key, last)
            .with_strategy(unit.key.app, self.name)
        )
