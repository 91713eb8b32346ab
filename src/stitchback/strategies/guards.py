"""Operations made conditional on the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stitchback.matching.case import Unit, is_repeatable, without_recreated
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    Renamed,
    SchemaObjectKind,
    UnreadChange,
)
from stitchback.model.edits import Insert, KeepOperation, MakeConditional, OperationEdit
from stitchback.model.matches import Match, Verdict
from stitchback.model.operations import Operation
from stitchback.model.state import Field
from stitchback.model.values import Constant
from stitchback.operations import TEMPLATES
from stitchback.schema.visible import is_foreign_key, is_indexed, is_unique
from stitchback.strategies.remaining_operations import added_alone, ending, field_of, model_name
from stitchback.strategies.written_operations import (
    conditional,
    may_be_altered_again,
    operation,
    shape_value,
    state_only,
)


def guarded(
    index: int, whole: Operation, atoms: Iterable[Atom], given: Mapping[Atom, Match]
) -> tuple[OperationEdit, ...] | None:
    """The operation of that index, so that it can run where the schema objects of `given` are there already, in the patch's shape.

    None if no condition on the database can decide: data operations, and kinds without a template.
    """
    mine = tuple(atoms)
    touched = [atom for atom in mine if atom in given]
    if not touched or not any(_in_database(atom) for atom in touched):
        return (KeepOperation(index),)
    if any(isinstance(atom, DataRun | UnreadChange) for atom in touched):
        return None
    if all(is_repeatable(atom) for atom in touched):
        return _altered_again(index, whole, touched, given)
    if all(_recreated(atom, given[atom]) for atom in touched):
        return (KeepOperation(index),)
    if whole.kind not in TEMPLATES or whole.conditional:
        return (KeepOperation(index),) if whole.conditional else None
    if len(mine) == 1 and whole.kind == "AddField" and _has_other_index(mine[0], given):
        return _from_patch_shape(mine[0], given[mine[0]], whole)
    edits: list[OperationEdit] = [MakeConditional(index)]
    for atom in mine:
        more = _behind(atom, whole, given)
        if more is None:
            return None
        edits.extend(more)
    return tuple(edits)


def _recreated(atom: Atom, match: Match) -> bool:
    """Half of dropping a schema object and recreating it under its name, which may run twice."""
    side = match.given if atom in match.given else match.patch
    same = match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA)
    return same and not isinstance(atom, Altered) and atom not in without_recreated(side)


def _in_database(atom: Atom) -> bool:
    return isinstance(atom, DataRun | UnreadChange) or atom.database


def _altered_again(
    index: int, whole: Operation, atoms: list[Atom], given: Mapping[Atom, Match]
) -> tuple[OperationEdit, ...] | None:
    """An alteration may run twice. Where the patch altered the column to another shape, that shape comes first, so that mainline's
    alteration starts from what is there."""
    edits: list[OperationEdit] = []
    for atom in atoms:
        match = given[atom]
        if match.verdict is Verdict.DIFFERENT:
            first = (
                None
                if isinstance(atom, Removed | Renamed | DataRun | UnreadChange)
                else _to_patch_shape(atom, match, whole)
            )
            if first is None:
                return None
            edits.append(Insert(first))
    return (*edits, KeepOperation(index))


def _to_patch_shape(atom: Added | Altered, match: Match, whole: Operation) -> Operation | None:
    value = shape_value(shape) if (shape := ending(match).shape) is not None else None
    if value is None or atom.schema_object.kind is not SchemaObjectKind.COLUMN:
        return None
    return operation(
        "AlterField", model_name=Constant(model_name(whole)), name=Constant(atom.name), field=value
    )


def _behind(atom: Atom, whole: Operation, given: Mapping[Atom, Match]) -> tuple[OperationEdit, ...] | None:
    """What has to follow the conditional operation for one of its atoms."""
    match = given.get(atom)
    if isinstance(atom, Removed | Renamed | Altered):
        return ()
    assert isinstance(atom, Added)
    if match is None:
        return _missing_part(atom, whole)
    if atom.schema_object.kind is SchemaObjectKind.UNIQUE_TOGETHER and ending(match).name != atom.name:
        return _missing_part(atom, whole)  # the same fields in another order
    if match.verdict is not Verdict.DIFFERENT:
        return ()
    return _converged(atom, match, whole)


def _missing_part(atom: Added, whole: Operation) -> tuple[OperationEdit, ...] | None:
    """A part of a CreateModel that the patch's table does not have, or has in another order."""
    if whole.kind != "CreateModel" or atom.schema_object.kind in (
        SchemaObjectKind.TABLE,
        SchemaObjectKind.OPTIONS,
    ):
        return ()
    made = added_alone(atom, whole)
    return None if made is None else tuple(Insert(conditional(item)) for item in made)


def _converged(atom: Added, match: Match, whole: Operation) -> tuple[OperationEdit, ...] | None:
    """From the patch's shape to mainline's: the state gets the patch's shape, then altered for real. Where the column has
    mainline's shape already the alteration changes nothing."""
    if atom.schema_object.kind is not SchemaObjectKind.COLUMN:
        return None
    to_patch, ours = _to_patch_shape(atom, match, whole), field_of(whole, atom.name)
    if to_patch is None or ours is None:
        return None
    back = operation(
        "AlterField", model_name=Constant(model_name(whole)), name=Constant(atom.name), field=ours
    )
    before = ending(match).shape
    if before is not None and not may_be_altered_again(atom.name, before, atom.shape):
        return (Insert(conditional(back)),)
    return (Insert(state_only(to_patch)), Insert(back))


def _has_other_index(atom: Atom, given: Mapping[Atom, Match]) -> bool:
    """Whether mainline's column has an index, a uniqueness or a foreign key that the patch's has not, or the other way round: to alter a column
    that has mainline's shape already would create it once more."""
    match = given.get(atom)
    if match is None or match.verdict is not Verdict.DIFFERENT or not isinstance(atom, Added):
        return False
    theirs, ours = ending(match).shape, atom.shape
    return (
        isinstance(theirs, Field)
        and isinstance(ours, Field)
        and any(has(theirs) != has(ours) for has in (is_indexed, is_unique, is_foreign_key))
    )


def _from_patch_shape(atom: Atom, match: Match, whole: Operation) -> tuple[OperationEdit, ...] | None:
    """The column in the patch's shape where it is missing, then altered to mainline's on every database."""
    assert isinstance(atom, Added)
    patch, ours = _to_patch_shape(atom, match, whole), field_of(whole, atom.name)
    if patch is None or ours is None:
        return None
    add, back = (
        operation(kind, model_name=Constant(model_name(whole)), name=Constant(atom.name), field=value)
        for kind, value in (("AddField", patch.argument("field")), ("AlterField", ours))
    )
    return (Insert(conditional(add)), Insert(back))


def guarded_own(index: int, whole: Operation, unit: Unit) -> tuple[OperationEdit, ...] | None:
    """An operation of the patch migration itself, so that it can run where mainline has made parts of it."""
    atoms = tuple(
        atom
        for atom in unit.side.comparison.patch_atoms
        if atom.origin.migration == unit.key and atom.origin.index == index
    )
    matches = tuple(map(_with_mainlines_shape, unit.duplicated))
    if any(match.verdict is Verdict.DIFFERENT for match in matches):
        return None
    return guarded(index, whole, atoms, {atom: match for match in matches for atom in match.patch})


def _with_mainlines_shape(match: Match) -> Match:
    """A column that both sides have added: mainline's operation gives it mainline's shape, whichever of the two runs first, so the patch's
    own has nothing to add."""
    added = all(
        isinstance(atom, Added) and atom.schema_object.kind is SchemaObjectKind.COLUMN for atom in match.patch
    )
    return (
        replace(match, verdict=Verdict.SAME_SCHEMA) if match.verdict is Verdict.DIFFERENT and added else match
    )
