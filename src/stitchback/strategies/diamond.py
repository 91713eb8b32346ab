"""diamond: a stitched migration at the fork point makes the change; mainline's depends on it and no longer contains it."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.model.matches import Verdict
from stitchback.strategies.draft import Draft
from stitchback.strategies.replacement import stitch

ALIKE = (Verdict.IDENTICAL, Verdict.SAME_SCHEMA, Verdict.EVOLVED)


class Diamond:
    """The general case (FACTS F12, F28): patched databases count the stitched migration as applied, all others run it, and
    databases of mainline that have the change already get the row of the replaced patch migration."""

    name = "diamond"
    summary = "A stitched migration at the fork point replaces the patch migration, so databases with the patch do not run it. Mainline's migration depends on it and no longer contains its operations."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        fits = unit.duplicated and not unit.remainder and not unit.twin and not draft.has_file(unit.key)
        if not fits or any(match.verdict not in ALIKE for match in unit.duplicated):
            return None
        return stitch(draft, unit, self.name)
