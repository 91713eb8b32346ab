"""Mainline's migrations once it is known which of their changes something else makes, or may have made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.atoms import Atom
from stitchback.model.edits import Keep, OperationEdit
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match
from stitchback.model.operations import Operation
from stitchback.strategies.draft import Draft, FileDraft, Taking, Treated
from stitchback.strategies.guarding import guarded
from stitchback.strategies.parents import with_parent
from stitchback.strategies.residues import residue


def settle(draft: Draft) -> Draft | None:
    """Takes out of mainline's migrations what the treated units stand for, or makes it conditional.

    None where an operation cannot be taken apart.
    """
    for key in _givers(draft):
        settled = _settled(draft, key)
        if settled is None:
            return None
        draft = settled
    return draft


def _givers(draft: Draft) -> tuple[MigrationKey, ...]:
    found = {
        atom.origin.migration
        for treated in draft.treated
        for match in treated.unit.duplicated
        for atom in match.given
        if atom.origin.migration != treated.unit.key
    }
    return tuple(sorted(found))


def _settled(draft: Draft, key: MigrationKey) -> Draft | None:
    file = draft.open(key)
    takers = tuple(treated for treated in draft.treated if key in _given_by(treated.unit))
    operations: list[OperationEdit] = []
    for edit in file.operations:
        new = _settled_edit(file, edit, key, takers) if isinstance(edit, Keep) else (edit,)
        if new is None:
            return None
        operations.extend(new)
    file = replace(file, operations=tuple(operations))
    for treated in takers:
        if treated.stand_in is not None:
            file = _hung_behind(draft, file, treated.stand_in)
    return draft.keeping(_explained(file, takers))


def _given_by(unit: Unit) -> Mapping[MigrationKey, None]:
    return {atom.origin.migration: None for match in unit.duplicated for atom in match.given}


def _settled_edit(
    file: FileDraft, edit: Keep, key: MigrationKey, takers: tuple[Treated, ...]
) -> tuple[OperationEdit, ...] | None:
    assert file.original is not None
    whole = file.original.operations[edit.index]
    atoms = _atoms_at(takers, key, edit.index)
    given = _given(takers)
    if not any(atom in given for atom in atoms):
        return (edit,)
    if not isinstance(whole, Operation):
        return None
    if takers[0].taking is Taking.GUARD:
        return guarded(edit.index, whole, atoms, given)
    return residue(edit.index, whole, atoms, given)


def _atoms_at(takers: tuple[Treated, ...], key: MigrationKey, index: int) -> tuple[Atom, ...]:
    """The atoms of one mainline operation; every side has compared the same mainline."""
    atoms = takers[0].unit.side.comparison.mainline_atoms
    return tuple(atom for atom in atoms if atom.origin.migration == key and atom.origin.index == index)


def _given(takers: tuple[Treated, ...]) -> Mapping[Atom, Match]:
    return {atom: match for taker in takers for match in taker.unit.duplicated for atom in match.given}


def _hung_behind(draft: Draft, file: FileDraft, stand_in: MigrationKey) -> FileDraft:
    """Depends on what stands in, unless a parent does so already."""
    if stand_in == file.key:
        return file
    parents = {parent for parent in file.dependencies if isinstance(parent, MigrationKey)}
    above = {parent for known in parents if draft.holds(known) for parent in draft.open(known).dependencies}
    if stand_in in parents or stand_in in above:
        return file
    beside = tuple(
        parent
        for parent in file.dependencies
        if parent not in draft.open(stand_in).dependencies or parent not in _stitched(draft)
    )
    return replace(file, dependencies=with_parent(beside, stand_in))


def _stitched(draft: Draft) -> frozenset[MigrationKey]:
    return frozenset(treated.stand_in for treated in draft.treated if treated.stand_in is not None)


def _explained(file: FileDraft, takers: tuple[Treated, ...]) -> FileDraft:
    for treated in takers:
        if treated.taking is Taking.GUARD:
            again = (
                "repeating them is safe"
                if treated.unit.only_alters
                else "each runs only if the database lacks it"
            )
            file = file.saying(
                f"Databases of {treated.unit.label} have these changes already: {again}.",
                provenance=(f"covers {treated.unit.label}",),
            )
        elif treated.stand_in is not None and treated.stand_in != file.key:
            file = file.saying(
                f"{treated.stand_in} contains the operations of {treated.unit.label}, so they are left out here."
            )
    return file
