"""A patch migration's own file, brought into mainline's tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.keys import MigrationKey
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.file_names import path_for
from stitchback.strategies.parents import dependencies_there


def brought(draft: Draft, unit: Unit, counted: Iterable[MigrationKey] = ()) -> FileDraft | None:
    """The patch's file in the app's folder, on the parents that the migration has on mainline; None where there is no place.

    Byte for byte where nothing changes. Where git has merged the branch the file that is there is taken. Operations that only alter
    what mainline has removed are left out: wherever the file is still to be run, the schema object may be gone. `counted`: see
    `dependencies_there`.
    """
    if unit.twin is not None:
        return None
    parents = dependencies_there(draft, unit, counted)
    if parents is None:
        return None
    if unit.key in draft.mainline.migrations:
        there = draft.get_file(unit.key)
        reparented = replace(there, dependencies=parents) if parents != unit.migration.dependencies else there
        return without_skipped(reparented, unit)
    file = FileDraft.of(unit.migration)
    file = replace(file, path=path_for(draft, unit.key, unit.migration.path), dependencies=parents)
    return without_skipped(file, unit)


def without_skipped(file: FileDraft, unit: Unit) -> FileDraft:
    """The unit's own file without the operations that are to be run nowhere any more; as it is where it went without them before."""
    if (
        not unit.skipped_units
        or file.original is None
        or file.original.operations != unit.migration.operations
    ):
        return file
    left = tuple(edit for index, edit in enumerate(file.operations) if index not in unit.skipped_units)
    return replace(file, operations=left).with_comment(
        "Alterations of what mainline has removed since are left out here.",
        provenance=(f"copied {unit.label}",),
    )
