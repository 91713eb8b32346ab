"""Tables and columns that both branches create: on a database of the patch branch, mainline's migration would create them again."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Side
from stitchback.model.atoms import Added, Removed, Renamed, SchemaObject, SchemaObjectKind
from stitchback.model.matches import Match, Verdict
from stitchback.model.operations import Operation

EQUAL = (Verdict.IDENTICAL, Verdict.SAME_SCHEMA, Verdict.EVOLVED)
KINDS = (SchemaObjectKind.TABLE, SchemaObjectKind.COLUMN)
CREATING = ("AddField", "CreateModel")


def created_twice(side: Side) -> tuple[Match, ...]:
    """The matches of such tables and columns. Not those of a migration that is reconciled already or that mainline has under the same name, nor
    what a branch removes or renames: whether it exists when mainline's migration runs, only the proof shows."""
    pending = {unit.key for unit in side.units if unit.twin is None and not unit.is_never_applied}
    atoms = (*side.comparison.patch_atoms, *side.comparison.mainline_atoms)
    moved = {atom.schema_object for atom in atoms if isinstance(atom, Removed | Renamed)}
    return tuple(
        match
        for match in side.comparison.matches
        if match.patch[0].origin.migration in pending and _is_created_twice(match, side, moved)
    )


def _is_created_twice(match: Match, side: Side, moved: set[SchemaObject]) -> bool:
    first, second = match.patch[0], next(iter(match.mainline), None)
    if match.verdict not in EQUAL or not isinstance(first, Added) or not isinstance(second, Added):
        return False
    table = replace(first.schema_object, kind=SchemaObjectKind.TABLE, name="")
    stays = first.schema_object.kind in KINDS and moved.isdisjoint((table, first.schema_object))
    return first.database and second.database and stays and _creates(side, second)


def _creates(side: Side, atom: Added) -> bool:
    """Whether it is Django's own operation, in a migration that no database can count as applied."""
    migration = next(each for each in side.sides.mainline if each.key == atom.origin.migration)
    operation = migration.operations[atom.origin.index]
    if not isinstance(operation, Operation) or operation.conditional or migration.ghosts:
        return False
    return operation.kind in CREATING and operation.path.startswith("django.")
