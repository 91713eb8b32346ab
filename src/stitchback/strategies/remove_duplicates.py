"""Mainline's migrations once it is known which of their changes something else makes, or may have made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.atoms import Atom
from stitchback.model.edits import KeepOperation, OperationEdit
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match
from stitchback.model.operations import Operation
from stitchback.strategies.draft import Draft, FileDraft, PendingUnit, Resolution
from stitchback.strategies.guards import guarded
from stitchback.strategies.parents import with_parent
from stitchback.strategies.remaining_operations import remaining_operations


def remove_duplicates(draft: Draft) -> Draft | None:
    """Removes from mainline's migrations what the treated units replace, or makes it conditional.

    None where an operation cannot be taken apart.
    """
    for key in _givers(draft):
        settled = _without_duplicates(draft, key)
        if settled is None:
            return None
        draft = settled
    return draft


def _givers(draft: Draft) -> tuple[MigrationKey, ...]:
    found = {
        atom.origin.migration
        for pending_units in draft.pending_units
        for match in pending_units.unit.duplicated
        for atom in match.given
        if atom.origin.migration != pending_units.unit.key
    }
    return tuple(sorted(found))


def _without_duplicates(draft: Draft, key: MigrationKey) -> Draft | None:
    file = draft.get_file(key)
    takers = tuple(
        pending_units for pending_units in draft.pending_units if key in _given_by(pending_units.unit)
    )
    operations: list[OperationEdit] = []
    for edit in file.operations:
        new = (
            _edit_without_duplicates(file, edit, key, takers) if isinstance(edit, KeepOperation) else (edit,)
        )
        if new is None:
            return None
        operations.extend(new)
    file = replace(file, operations=tuple(operations))
    for pending_units in takers:
        if pending_units.replacement is not None:
            file = _depending_on(draft, file, pending_units.replacement)
    return draft.with_file(_explained(file, takers))


def _given_by(unit: Unit) -> Mapping[MigrationKey, None]:
    return {atom.origin.migration: None for match in unit.duplicated for atom in match.given}


def _edit_without_duplicates(
    file: FileDraft, edit: KeepOperation, key: MigrationKey, takers: tuple[PendingUnit, ...]
) -> tuple[OperationEdit, ...] | None:
    assert file.original is not None
    whole = file.original.operations[edit.index]
    atoms = _atoms_at(takers, key, edit.index)
    given = _given(takers)
    if not any(atom in given for atom in atoms):
        return (edit,)
    if not isinstance(whole, Operation):
        return None
    if takers[0].resolution is Resolution.GUARD:
        return guarded(edit.index, whole, atoms, given)
    return remaining_operations(edit.index, whole, atoms, given)


def _atoms_at(takers: tuple[PendingUnit, ...], key: MigrationKey, index: int) -> tuple[Atom, ...]:
    """The atoms of one mainline operation; every side has compared the same mainline."""
    atoms = takers[0].unit.side.comparison.mainline_atoms
    return tuple(atom for atom in atoms if atom.origin.migration == key and atom.origin.index == index)


def _given(takers: tuple[PendingUnit, ...]) -> Mapping[Atom, Match]:
    return {atom: match for taker in takers for match in taker.unit.duplicated for atom in match.given}


def _depending_on(draft: Draft, file: FileDraft, replacement: MigrationKey) -> FileDraft:
    """Depends on what stands in, unless a parent does so already."""
    if replacement == file.key:
        return file
    parents = {parent for parent in file.dependencies if isinstance(parent, MigrationKey)}
    above = {
        parent for known in parents if draft.has_file(known) for parent in draft.get_file(known).dependencies
    }
    if replacement in parents or replacement in above:
        return file
    beside = tuple(
        parent
        for parent in file.dependencies
        if parent not in draft.get_file(replacement).dependencies or parent not in _stitched(draft)
    )
    return replace(file, dependencies=with_parent(beside, replacement))


def _stitched(draft: Draft) -> frozenset[MigrationKey]:
    return frozenset(
        pending_units.replacement
        for pending_units in draft.pending_units
        if pending_units.replacement is not None
    )


def _explained(file: FileDraft, takers: tuple[PendingUnit, ...]) -> FileDraft:
    for pending_units in takers:
        if pending_units.resolution is Resolution.GUARD:
            again = (
                "repeating them is safe"
                if pending_units.unit.only_alters
                else "each runs only if the database lacks it"
            )
            file = file.with_comment(
                f"Databases of {pending_units.unit.label} have these changes already: {again}.",
                provenance=(f"covers {pending_units.unit.label}",),
            )
        elif pending_units.replacement is not None and pending_units.replacement != file.key:
            file = file.with_comment(
                f"{pending_units.replacement} contains the operations of {pending_units.unit.label}, so they are left out here."
            )
    return file
