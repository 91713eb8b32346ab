"""converge: a diamond in which mainline's migration turns the patch's shape into its own."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.model.matches import Verdict
from stitchback.model.plans import Remark
from stitchback.strategies.draft import Draft
from stitchback.strategies.replacement import stitch


class Converge:
    """For the same schema object in another shape: mainline's shape is what every database ends with."""

    name = "converge"
    summary = "A stitched migration replaces the patch migration; mainline's migration alters the patch's definition into mainline's."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        different = [match for match in unit.duplicated if match.verdict is Verdict.DIFFERENT]
        if not different or unit.remainder or unit.twin or draft.has_file(unit.key):
            return None
        stitched = stitch(draft, unit, self.name)
        return stitched and stitched.with_remark(
            *(
                Remark(unit.key, _remark(unit, difference))
                for match in different
                for difference in match.differences
            )
        )


def _remark(unit: Unit, difference: str) -> str:
    return f"{unit.key}: mainline's definition is kept ({difference}); check that the values of patched databases fit it."
