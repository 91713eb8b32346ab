"""skip-dropped: what only alters a schema object that mainline has removed is made nowhere else."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.strategies.draft import Draft
from stitchback.strategies.parents import parent_below


class SkipDropped:
    """All that the patch migration does is to alter what mainline has removed since, or to add to a table that it has removed: its databases lose the schema object as all others do,
    in whatever shape it is, and no other database is to be given that shape. Nothing is written, and no population needs a manual step.

    Where the patch migration does more, the other strategies leave those operations out.
    """

    name = "skip-dropped"
    summary = "Mainline has removed what the patch migration alters: the alteration is not copied."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        all_of_it = unit.skipped_units and len(unit.skipped_units) == unit.migration.operation_count
        if not all_of_it or unit.twin or draft.has_file(unit.key):
            return None
        below = parent_below(draft, unit)
        return below and draft.with_replacement(unit.key, below).with_strategy(unit.key.app, self.name)
