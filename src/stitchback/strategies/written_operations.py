"""Operations written from values, as the strategies need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stitchback.matching.case import Unit
from stitchback.model.atoms import Added, Altered, Atom, Shape
from stitchback.model.edits import NOWHERE
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value, text, walk
from stitchback.operations.named_models import column_operations, default_of
from stitchback.schema.apply_effect import type_before_null
from stitchback.schema.inserting import lacks_row_value
from stitchback.schema.tables import field_indexes
from stitchback.schema.visible import column_of_field

NOT_A_VALUE = (Opaque, Code)


def operation(kind: str, **arguments: Value | None) -> Operation:
    """An operation of Django's own, with the arguments that are not None."""
    said = tuple(sorted((name, value) for name, value in arguments.items() if value is not None))
    return Operation(kind, f"django.db.migrations.{kind}", said, NOWHERE)


def state_only(*operations: Operation) -> Operation:
    """`SeparateDatabaseAndState(state_operations=[…])`: no database is touched."""
    return replace(operation("SeparateDatabaseAndState"), state=operations)


def database_only(*operations: Operation) -> Operation:
    """`SeparateDatabaseAndState(database_operations=[…])`: the models' state stays as it is."""
    return replace(operation("SeparateDatabaseAndState"), database=operations)


def conditional(wanted: Operation) -> Operation:
    return replace(wanted, conditional=True)


def field_value(field: Field) -> Value:
    """The field as a call that a migration file can hold. Positional arguments are named "0", "1" … in the state."""
    args = tuple(value for name, value in field.arguments if name.isdigit())
    kwargs = tuple((name, value) for name, value in field.arguments if not name.isdigit())
    return Call(Reference(field.path), args, kwargs)


def writable(value: Value) -> bool:
    """Whether the value can be written into another file: nothing opaque, no code of the module it stands in."""
    return not any(isinstance(item, NOT_A_VALUE) for item in walk(value))


def shape_value(shape: Shape) -> Value | None:
    """A column's, index's or constraint's shape as a value that can be written into another file; None where it cannot."""
    if isinstance(shape, Field):
        value = field_value(shape)
    elif isinstance(shape, Constant | Items | Dictionary | Reference | Code | Call):
        value = shape
    else:
        return None
    return value if writable(value) else None


def may_be_altered_again(name: str, before: Shape, after: Shape) -> bool:
    """Whether an AlterField from the one shape to the other is harmless on a column that has the other already: an index is not made twice,
    and MySQL refuses a NULL on the way."""
    if not (isinstance(before, Field) and isinstance(after, Field)):
        return True
    same_indexes = {*field_indexes(name, before)} == {*field_indexes(name, after)}
    return same_indexes and not type_before_null(column_of_field(before), column_of_field(after))


def row_default(unit: Unit, atoms: Iterable[Atom], *, in_patch: bool) -> Value | None:
    """The value that the branch gives the rows of a table for a column of its own: the last default among the operations that
    make it, kept in the models or not."""
    sides = unit.side.sides
    migrations = {each.key: each for each in (sides.patch_all if in_patch else sides.mainline)}
    found: Value | None = None
    for atom in atoms:
        if not isinstance(atom, Added | Altered) or atom.origin.migration not in migrations:
            continue
        migration = migrations[atom.origin.migration]
        for each in column_operations(migration.operations[atom.origin.index : atom.origin.index + 1]):
            if text(each.argument("name")) == atom.name:
                found = default_of(each) or found
    return found


def with_row_default(
    kind: str, model: Constant, field_name: Constant, field: Field, default: Value | None
) -> Operation | None:
    """An AddField or AlterField with the value for the rows that are there, where they need one; None where it cannot be written."""
    needed = default is not None and lacks_row_value(field, None)
    value = shape_value(field.with_argument("default", default) if needed else field)
    if value is None:
        return None
    preserve = Constant(False) if needed else None
    return operation(kind, model_name=model, name=field_name, field=value, preserve_default=preserve)


def name(value: str) -> Constant:
    return Constant(value)


def field_in(created: Operation, field_name: str) -> Value | None:
    """The field's value in a CreateModel's `fields`, as the file says it."""
    fields = created.argument("fields")
    for item in fields.items if isinstance(fields, Items) else ():
        if isinstance(item, Items) and len(item.items) == 2 and text(item.items[0]) == field_name:
            return item.items[1]
    return None


def create_model(model: ModelState) -> Operation | None:
    """A CreateModel for the model as a state has it; None where a part of it cannot be written."""
    fields: list[Value] = []
    for field_name, field in model.fields:
        value = shape_value(field)
        if value is None:
            return None
        fields.append(Items("tuple", (Constant(field_name), value)))
    options = [(Constant(key), value) for key, value in model.options]
    options += [
        (Constant(key), Items("list", tuple(value for _, value in named)))
        for key, named in _named(model)
        if named
    ]
    together_options = tuple(
        Items("tuple", tuple(map(Constant, names))) for names in sorted(model.unique_together)
    )
    if together_options:
        options.append((Constant("unique_together"), Items("set", together_options)))
    if not all(writable(value) for _, value in options):
        return None
    return operation(
        "CreateModel",
        name=Constant(model.name),
        fields=Items("list", tuple(fields)),
        options=Dictionary(tuple(options)) if options else None,
    )


def _named(model: ModelState) -> tuple[tuple[str, tuple[tuple[str, Value], ...]], ...]:
    return (("indexes", model.indexes), ("constraints", model.constraints))
