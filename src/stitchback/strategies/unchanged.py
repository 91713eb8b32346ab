"""unchanged: nothing is written for this migration."""

from __future__ import annotations

from stitchback.matching.case import Unit
from stitchback.model.atoms import DataRun
from stitchback.model.matches import Match, Verdict
from stitchback.model.plans import Remark
from stitchback.strategies.draft import Draft
from stitchback.strategies.parents import has_applicable_dependencies, parent_below


class Unchanged:
    """Mainline's file of the same name results in the same schema, and its dependencies are applied on patched databases: they count
    it as applied, and that is right. Data operations under one name never run again, whatever their code: that is a finding, not a
    plan. An empty migration that only the patch branch has is left out if it joins nothing on mainline."""

    name = "unchanged"
    summary = "Mainline has the migration under the same name, or does not need it: nothing is written."
    conditional = False

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        twin = unit.twin
        if twin is None and not unit.migration.operations:
            return self._left_out(draft, unit)
        if twin is not None and unit.is_never_applied:
            return draft.with_replacement(unit.key, twin.key).with_strategy(unit.key.app, self.name)
        if twin is None or not has_applicable_dependencies(draft, unit):
            return None
        same_file = twin.operations == unit.migration.operations
        if not same_file and (unit.side.only_mainline(unit.key) or not _same_schema(unit)):
            return None
        kept = draft.with_replacement(unit.key, twin.key).with_strategy(unit.key.app, self.name)
        return kept.with_remark(*(Remark(unit.key, text) for text in data_remarks(unit)))

    def _left_out(self, draft: Draft, unit: Unit) -> Draft | None:
        """An empty migration, such as a merge of leaf nodes that mainline never had: mainline needs it only if it joins two of its leaf nodes."""
        orders = unit.migration.replaces or unit.migration.run_before
        below = None if orders or draft.has_file(unit.key) else parent_below(draft, unit)
        return below and draft.with_replacement(unit.key, below).with_strategy(unit.key.app, self.name)


def _same_schema(unit: Unit) -> bool:
    fine = (Verdict.IDENTICAL, Verdict.SAME_SCHEMA, Verdict.EVOLVED)
    return all(match.verdict in fine or not match.seen_by_database or _data(match) for match in unit.touching)


def _data(match: Match) -> bool:
    return all(isinstance(atom, DataRun) for atom in match.patch)


def data_remarks(unit: Unit) -> tuple[str, ...]:
    """Remarks about data operations that differ under one name: each database has run the one that it met first."""
    ref = unit.side.patch.tree.ref
    return tuple(
        f"{unit.key}: {difference}; databases of {ref} have run their own version, and no database will run both"
        for match in unit.touching
        if _data(match) and match.given and match.differences
        for difference in match.differences
    )
