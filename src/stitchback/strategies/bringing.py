"""A patch migration's own file, brought into mainline's tree."""

from __future__ import annotations

from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.naming import path_for
from stitchback.strategies.parents import dependencies_there


def brought(draft: Draft, unit: Unit) -> FileDraft | None:
    """The patch's file in the app's folder, on the parents that mainline has for its own; None where there is no place.

    Byte for byte where nothing changes. Where git has merged the branch the file that is there is taken.
    """
    if unit.twin is not None:
        return None
    parents = dependencies_there(draft, unit)
    if parents is None:
        return None
    if unit.key in draft.mainline.migrations:
        there = draft.open(unit.key)
        return replace(there, dependencies=parents) if parents != unit.migration.dependencies else there
    file = FileDraft.of(unit.migration)
    return replace(file, path=path_for(draft, unit.key, unit.migration.path), dependencies=parents)
