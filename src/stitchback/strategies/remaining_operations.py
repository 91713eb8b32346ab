"""What is left of a mainline operation once a stitched migration has made the same change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    Renamed,
    SchemaObjectKind,
    Shape,
    UnreadChange,
)
from stitchback.model.edits import Insert, KeepOperation, OperationEdit
from stitchback.model.matches import Match
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Constant, Dictionary, Value, text
from stitchback.operations import OPERATIONS, kind_of
from stitchback.operations.model_options import ALTER_OPTION_KEYS, OnOneOption, OnOptions
from stitchback.schema.atoms_between import MANAGERS
from stitchback.schema.comparing import ComparisonKind, compare_shapes
from stitchback.strategies.written_operations import field_in, operation, state_only


@dataclass(frozen=True, slots=True)
class FinalShape:
    """How the patch left a schema object: its name and shape there (None: gone)."""

    name: str
    shape: Shape | None


def ending(match: Match) -> FinalShape:
    """How the patch's last atom leaves the schema object; a rename keeps the shape that the atoms before it gave."""
    name = ""
    shape: Shape | None = None
    for atom in match.patch:
        match atom:
            case Added(name=name, shape=shape) | Altered(name=name, after=shape):
                pass
            case Renamed(after=name):
                pass
            case Removed(name=name):
                shape = None
            case DataRun() | UnreadChange():
                pass
    return FinalShape(name, shape)


def remaining_operations(
    index: int, whole: Operation, atoms: Iterable[Atom], given: Mapping[Atom, Match]
) -> tuple[OperationEdit, ...] | None:
    """What stands in the place of the operation of that index. None where it cannot be taken apart."""
    mine = tuple(atoms)
    if not any(atom in given for atom in mine):
        return (KeepOperation(index),)
    kind = kind_of(whole)
    if kind is not None and kind.model.made:
        return _remaining_of_create(whole, mine, given)
    if kind is not None and kind.withdraws_model:
        return ()
    if isinstance(kind, OnOptions):
        return (
            ()
            if all(atom in given and _exact(atom, given[atom]) for atom in mine)
            else (KeepOperation(index),)
        )
    if not all(atom in given for atom in mine):
        return None
    if len(mine) > 1:
        return () if all(_exact(atom, given[atom]) for atom in mine) else None
    return _remaining_of_one(index, whole, mine[0], given[mine[0]])


def _exact(atom: Atom, match: Match) -> bool:
    """Whether the stitched migration leaves the schema object just as this atom does, or a later one of mainline's takes over."""
    if atom != match.given[-1] or isinstance(atom, DataRun | UnreadChange):
        return True
    left = ending(match)
    match atom:
        case Added(name=name, shape=shape) | Altered(name=name, after=shape):
            return (name, shape) == (left.name, left.shape)
        case Renamed() | Removed():
            return True


def _remaining_of_one(
    index: int, whole: Operation, atom: Atom, match: Match
) -> tuple[OperationEdit, ...] | None:
    if _exact(atom, match):
        return ()
    if isinstance(atom, Altered):
        return (KeepOperation(index),)
    assert isinstance(atom, Added), "only what adds or alters leaves a shape"
    changed = _turned_into(atom, match, whole)
    return None if changed is None else tuple(Insert(item) for item in changed)


def _remaining_of_create(
    whole: Operation, atoms: tuple[Atom, ...], given: Mapping[Atom, Match]
) -> tuple[OperationEdit, ...] | None:
    found: list[OperationEdit] = []
    for atom in atoms:
        if not isinstance(atom, Added):
            return None
        if atom in given:
            made = () if _exact(atom, given[atom]) else _turned_into(atom, given[atom], whole)
        else:
            made = added_alone(atom, whole)
        if made is None:
            return None
        found.extend(Insert(item) for item in made)
    return tuple(dict.fromkeys(found))


def _turned_into(atom: Added, match: Match, whole: Operation) -> tuple[Operation, ...] | None:
    """The operations that turn what the patch made into what mainline's operation made."""
    left = ending(match)
    model = Constant(model_name(whole))
    match atom.schema_object.kind:
        case SchemaObjectKind.COLUMN if left.name == atom.name:
            return _alter_field(atom, whole)
        case SchemaObjectKind.INDEX if left.name != atom.name and not _is_redefined(left, atom):
            return (
                operation(
                    "RenameIndex",
                    model_name=model,
                    new_name=Constant(atom.name),
                    old_name=Constant(left.name),
                ),
            )
        case SchemaObjectKind.INDEX:
            return _replaced("Index", "index", model, left, atom)
        case SchemaObjectKind.CONSTRAINT:
            swapped = _replaced("Constraint", "constraint", model, left, atom)
            alike = left.name == atom.name and not _is_redefined(left, atom)
            return (state_only(*swapped),) if swapped and alike else swapped
        case SchemaObjectKind.OPTIONS | SchemaObjectKind.UNIQUE_TOGETHER:
            return added_alone(atom, whole)
        case _:
            return None


def _is_redefined(left: FinalShape, atom: Added) -> bool:
    """Whether a database sees more of an index or constraint differ than its name."""
    return left.shape is None or compare_shapes(left.shape, atom.shape).kind is ComparisonKind.DIFFERENT


def _replaced(
    kind: str, argument: str, model: Constant, left: FinalShape, atom: Added
) -> tuple[Operation, ...]:
    value = atom.shape
    assert isinstance(value, Call), "an index or constraint is a call"
    removed = operation(f"Remove{kind}", model_name=model, name=Constant(left.name))
    return (removed, operation(f"Add{kind}", model_name=model, **{argument: value}))


def _alter_field(atom: Added, whole: Operation) -> tuple[Operation, ...] | None:
    value = field_of(whole, atom.name)
    if value is None:
        return None
    altered = operation(
        "AlterField",
        model_name=Constant(model_name(whole)),
        name=Constant(atom.name),
        field=value,
        preserve_default=whole.argument("preserve_default"),
    )
    return (altered,)


def added_alone(atom: Added, whole: Operation) -> tuple[Operation, ...] | None:
    """What a CreateModel made with its table, made on its own."""
    model = Constant(model_name(whole))
    match atom.schema_object.kind:
        case SchemaObjectKind.COLUMN:
            value = field_of(whole, atom.name)
            return (
                None
                if value is None
                else (operation("AddField", model_name=model, name=Constant(atom.name), field=value),)
            )
        case SchemaObjectKind.INDEX if isinstance(atom.shape, Call):
            return (operation("AddIndex", model_name=model, index=atom.shape),)
        case SchemaObjectKind.CONSTRAINT if isinstance(atom.shape, Call):
            return (operation("AddConstraint", model_name=model, constraint=atom.shape),)
        case SchemaObjectKind.UNIQUE_TOGETHER:
            return _together(whole, model)
        case SchemaObjectKind.OPTIONS:
            return _option_set(atom.name, whole, model)
        case _:
            return None


def _together(whole: Operation, model: Constant) -> tuple[Operation, ...] | None:
    options = _options(whole)
    fields = options.get("unique_together")
    return None if fields is None else (operation("AlterUniqueTogether", name=model, unique_together=fields),)


SINGLE_OPTIONS = {kind.option: kind for kind in OPERATIONS if isinstance(kind, OnOneOption)}


def _option_set(name: str, whole: Operation, model: Constant) -> tuple[Operation, ...] | None:
    """The operation that sets an option of a CreateModel alone; AlterModelOptions sets all of its kind."""
    if name == MANAGERS:
        return (operation("AlterModelManagers", name=model, managers=whole.argument("managers")),)
    if name in SINGLE_OPTIONS:
        kind = SINGLE_OPTIONS[name]
        return (operation(kind.name, name=model, **{kind.parameters[-1]: _options(whole).get(name)}),)
    if name in ALTER_OPTION_KEYS:
        return (operation("AlterModelOptions", name=model, options=_plain_options(whole)),)
    return None


def _plain_options(whole: Operation) -> Value:
    items = _options(whole).items()
    return Dictionary(tuple((Constant(key), value) for key, value in items if key in ALTER_OPTION_KEYS))


def _options(whole: Operation) -> Mapping[str, Value]:
    options = whole.argument("options")
    pairs = options.items if isinstance(options, Dictionary) else ()
    return {key: value for name, value in pairs if (key := text(name)) is not None}


def field_of(whole: Operation, field_name: str) -> Value | None:
    """The field's value as the operation says it: AddField, AlterField or CreateModel."""
    return field_in(whole, field_name) if whole.kind == "CreateModel" else whole.argument("field")


def model_name(whole: Operation) -> str:
    """The model's name as an operation on a part of it says it: lower case."""
    value = whole.argument("model_name") or whole.argument("name")
    assert isinstance(value, Constant)
    assert isinstance(value.value, str)
    return value.value if whole.kind != "CreateModel" else value.value.lower()
