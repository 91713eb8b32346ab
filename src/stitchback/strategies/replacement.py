"""The stitched migration: the patch migration's own operations under a new name, with `replaces` naming the ghost."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.edits import NOWHERE, Insert, KeepOperation, OperationEdit
from stitchback.model.keys import MigrationKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.strategies.draft import Draft, FileDraft, Resolution
from stitchback.strategies.file_names import path_for, stitched_key
from stitchback.strategies.parents import dependencies_there


def stitch(draft: Draft, unit: Unit, strategy: str) -> Draft | None:
    """The draft with a stitched migration for the unit (FACTS F11, F12), mainline's duplicates to be removed."""
    givers = givers_of(unit)
    parents = dependencies_there(draft, unit, givers)
    if parents is None:
        return None
    key = stitched_key(draft, unit.key)
    file = FileDraft.of(unit.migration)
    file = replace(
        file,
        key=key,
        path=path_for(draft, key, unit.migration.path),
        dependencies=parents,
        replaces=(unit.key,),
        provenance=(),
    )
    left = (pair for pair in enumerate(unit.migration.operations) if pair[0] not in unit.skipped_units)
    file = replace(file, operations=tuple(plain(index, item) for index, item in left))
    file = file.with_comment(
        f"Stitched: replaces {unit.label}.",
        "Databases that have applied that migration do not run this one; all others do.",
        *(
            ("Alterations of what mainline has removed since are left out here.",)
            if unit.skipped_units
            else ()
        ),
        provenance=(f"replaces {unit.label}", *(f"takes operations from {giver}" for giver in givers)),
    )
    stitched = (
        draft.with_file(file).with_replacement(unit.key, key).with_resolution(unit, Resolution.REMOVE, key)
    )
    return stitched.with_manual_insert(unit.key, givers).with_strategy(unit.key.app, strategy)


def givers_of(unit: Unit) -> tuple[MigrationKey, ...]:
    """The mainline migrations that give something up for the unit."""
    return tuple(sorted({atom.origin.migration for match in unit.duplicated for atom in match.given}))


def plain(index: int, operation: Operation | Opaque) -> OperationEdit:
    """The operation as the patch has it; one of a class of the patch branch's own, which mainline may not have, as Django's that it
    is declared equal to."""
    if isinstance(operation, Opaque) or operation.conditional or operation.path.startswith("django."):
        return KeepOperation(index)
    return Insert(replace(operation, path=f"django.db.migrations.{operation.kind}", span=NOWHERE))
