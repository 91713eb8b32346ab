"""What the operations on one field have in common. Source: `BaseDatabaseSchemaEditor.alter_field`, `_alter_many_to_many`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stitchback.model.command_cache import by_identities
from stitchback.model.field_names import FieldNames
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import FALSE, text
from stitchback.operations.base import MIGRATIONS, ChangedPart, NamedParameters, OperationKind
from stitchback.schema.changes import put, with_model
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.create_model import MODEL, unread
from stitchback.schema.effects import AlterColumn, CreateIndex, DropIndex, Effect, RenameColumn, RenameTable
from stitchback.schema.fields import canonical_field, without_default
from stitchback.schema.labels import needed
from stitchback.schema.needs import require_field
from stitchback.schema.tables import (
    column_pair,
    field_indexes,
    many_columns,
    many_table,
    many_table_name,
    owns_table,
    table_name,
)


class OnField(OperationKind):
    """An operation on one field. `template`, `field` and what it does are its own."""

    module = MIGRATIONS
    keywords = ()
    spread = ()
    model = NamedParameters("model_name", "model_name")
    table = ""
    part = ChangedPart.FIELD
    is_index = False
    code = ""
    defines = ()

    @property
    def on_sqlite(self) -> str:
        return self.name

    def part_name(self, operation: Operation) -> str:
        return (text(operation.argument("name")) or "").lower()


@by_identities
def field_in(
    operation: Operation, app: str, bases: Mapping[str, str], names: FieldNames
) -> tuple[str, Field | Opaque]:
    """The operation's field as it stays in the state, with its name: the same object in every state that the operation meets."""
    name, value = needed(operation, "name"), operation.argument("field")
    if value is None:
        return name, unread(operation, "the field", None)
    field = canonical_field(value, app, model=needed(operation, "model_name"), bases=bases, names=names)
    preserve = operation.argument("preserve_default")
    return name, without_default(field) if preserve == FALSE else field


def with_field(state: SchemaState, model: ModelState, operation: Operation, app: str) -> SchemaState:
    pair = field_in(operation, app, state.field_bases, state.field_names)
    return with_model(state, replace(model, fields=put(model.fields, pair)))


def has_field(model: ModelState, name: str) -> bool:
    """False where a base, or what could not be read of the model, may have it. Raises InconsistentState where nothing may."""
    found = model.field(name) is not None
    if not found and not may_inherit(model):
        raise InconsistentState(Problem.of(ProblemKind.NO_FIELD, model.key, name))
    return found


def may_inherit(model: ModelState) -> bool:
    return bool(model.opaque) or any(base != MODEL for base in model.bases)


def require_whole(state: SchemaState, model: ModelState, name: str) -> None:
    """What the field itself refers to must be there. Raises InconsistentState."""
    field = model.field(name)
    if isinstance(field, Field):
        require_field(state, model, name, field)


def altered_column(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, old: str, new: str
) -> Iterator[Effect]:
    """Indexes that go, the column's new name, its new shape, indexes that come."""
    was, now = source.field(old), target.field(new)
    assert isinstance(was, Field), "asked for fields that can be read"
    assert isinstance(now, Field), "asked for fields that can be read"
    table = table_name(target)
    ((column, shape),) = column_pair(before, old, was)
    ((new_column, new_shape),) = column_pair(after, new, now)
    gone = {str(index): index.with_column_renamed(column, new_column) for index in field_indexes(old, was)}
    come = tuple(field_indexes(new, now))
    yield from (DropIndex(table, name) for name, moved in gone.items() if moved not in come)
    if column != new_column:
        yield RenameColumn(table, column, new_column)
    if shape != new_shape:
        yield AlterColumn(table, new_column, shape, new_shape)
    yield from (CreateIndex(table, str(index), index) for index in come if index not in gone.values())


def many_renamed(source: ModelState, target: ModelState, old: str, new: str) -> Iterator[Effect]:
    """`_alter_many_to_many`: the table of a many-to-many field under its new name, its columns too. Nothing for a field that has no table of its own."""
    was, now = source.field(old), target.field(new)
    if not (isinstance(was, Field) and isinstance(now, Field) and owns_table(was) and owns_table(now)):
        return
    table, moved = many_table_name(source, old, was), many_table_name(target, new, now)
    if table != moved:
        yield RenameTable(table, moved)
    pairs = zip(many_columns(source, was), many_columns(target, now), strict=True)
    yield from (
        RenameColumn(moved, column, new_column) for column, new_column in pairs if column != new_column
    )


def many_retargeted(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, name: str
) -> Iterator[Effect]:
    """The two foreign keys of a many-to-many field's table, where what they refer to (or whether they hold) changes."""
    was, now = source.field(name), target.field(name)
    assert isinstance(was, Field), "asked for fields that can be read"
    assert isinstance(now, Field), "asked for fields that can be read"
    if not owns_table(now):
        return
    shapes, new_shapes = many_table(before, source, was).columns, many_table(after, target, now).columns
    for shape, (column, new_shape) in zip(shapes.values(), new_shapes.items(), strict=True):
        if shape != new_shape:
            yield AlterColumn(many_table_name(target, name, now), column, shape, new_shape)
