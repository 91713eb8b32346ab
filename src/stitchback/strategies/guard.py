"""guard: mainline's duplicate is made conditional on the database."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.edits import OperationEdit
from stitchback.model.matches import Verdict
from stitchback.model.operations import Operation
from stitchback.strategies.copy_file import brought
from stitchback.strategies.draft import Draft, Resolution
from stitchback.strategies.guards import guarded_own
from stitchback.strategies.parents import has_applicable_dependencies
from stitchback.strategies.replacement import givers_of
from stitchback.strategies.sqlite_losses import remade_before

SAME = (Verdict.IDENTICAL, Verdict.SAME_SCHEMA, Verdict.EVOLVED)


class GuardStrategy:
    """Each duplicate first checks whether the schema object exists, so no population needs a manual step: for products that others install, for
    one patch migration that mainline made in several steps, for the same hotfix on two branches under two names.

    What only the patch migration does comes with its own file, its duplicates made conditional in the same way. So does a migration
    whose columns SQLite would lose: with the file, the state knows them wherever the migration is applied.
    """

    name = "guard"
    summary = "Mainline's duplicate operations check first whether the database has the result already."
    conditional = True

    def propose(self, draft: Draft, unit: Unit) -> Draft | None:
        if unit.twin:
            return self._moved(draft, unit)
        if not unit.duplicated:
            return None
        if not unit.remainder and not draft.has_file(unit.key) and not remade_before(unit):
            replacement = max(givers_of(unit))
            return (
                draft.with_resolution(unit, Resolution.GUARD, None)
                .with_replacement(unit.key, replacement)
                .with_strategy(unit.key.app, self.name)
            )
        return self._with_its_file(draft, unit)

    def _moved(self, draft: Draft, unit: Unit) -> Draft | None:
        """What mainline has moved out of a migration of the same name, released or not, into a later one, which checks first whether it is
        there."""
        same = all(match.verdict in SAME for match in unit.duplicated)
        moved = any(giver != unit.key for giver in givers_of(unit))
        if not moved or not same or unit.remainder or unit.side.only_mainline(unit.key):
            return None
        if not has_applicable_dependencies(draft, unit):
            return None
        guarded = draft.with_resolution(unit, Resolution.GUARD, None).with_replacement(unit.key, unit.key)
        return guarded.with_strategy(unit.key.app, self.name)

    def _with_its_file(self, draft: Draft, unit: Unit) -> Draft | None:
        file = brought(draft, unit)
        operations = _conditional_operations(unit) if file else None
        if file is None or operations is None:
            return None
        file = replace(file, operations=operations).with_comment(
            f"Copied from {unit.side.patch.tree.ref}; mainline's operations that repeat it run only if the database lacks the result.",
            provenance=(f"copied {unit.label}",),
        )
        guarded = (
            draft.with_file(file)
            .with_replacement(unit.key, unit.key)
            .with_resolution(unit, Resolution.GUARD, None)
        )
        return guarded.with_strategy(unit.key.app, self.name)


def _conditional_operations(unit: Unit) -> tuple[OperationEdit, ...] | None:
    found: list[OperationEdit] = []
    for index, operation in enumerate(unit.migration.operations):
        if index in unit.skipped_units:
            continue
        if not isinstance(operation, Operation):
            return None
        edits = guarded_own(index, operation, unit)
        if edits is None:
            return None
        found.extend(edits)
    return tuple(found)
