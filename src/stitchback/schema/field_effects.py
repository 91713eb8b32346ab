"""What adding, altering, removing or renaming one field does to a database.

Source: `BaseDatabaseSchemaEditor.add_field`, `alter_field`, `_alter_many_to_many`, `remove_field`.
"""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.schema.definitions import column_renamed
from stitchback.schema.effects import (
    AddColumn,
    AddIndex,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Effect,
    RenameColumn,
    RenameTable,
    Unknown,
)
from stitchback.schema.problems import InconsistentState
from stitchback.schema.tables import (
    column_name,
    column_pair,
    field_indexes,
    many_columns,
    many_table,
    many_table_name,
    owns_table,
    table_name,
)
from stitchback.schema.visible import (
    GENERATED,
    column_text,
    has_column,
    is_foreign_key,
    is_indexed,
    is_many_to_many,
    is_primary_key,
    is_unique,
)


def added_field(state: SchemaState, model: ModelState, name: str) -> Iterator[Effect]:
    """`add_field`: a column with its indexes, or the table of a many-to-many field."""
    field = model.field(name)
    if isinstance(field, Opaque):
        yield from (AddColumn(table_name(model), *pair) for pair in column_pair(state, name, field))
    elif field is not None and owns_table(field):
        yield CreateTable(many_table_name(model, name, field), many_table(state, model, field))
    elif field is not None and has_column(field):
        indexes = tuple((text, text) for text in field_indexes(name, field))
        for column, shape in column_pair(state, name, field):
            yield AddColumn(table_name(model), column, shape, indexes)


def removed_field(model: ModelState, name: str) -> Iterator[Effect]:
    field = model.field(name)
    if isinstance(field, Opaque):
        yield DropColumn(table_name(model), name)
    elif field is None:
        yield Unknown(f"remove the field {name}, which the model has from a base")
    elif owns_table(field):
        yield DropTable(many_table_name(model, name, field))
    elif has_column(field):
        yield DropColumn(
            table_name(model), column_name(name, field), name if is_plainly_dropped(field) else ""
        )


def is_plainly_dropped(field: Field) -> bool:
    """SQLite's ALTER TABLE DROP COLUMN does for one without an index or a reference of its own."""
    return not (is_primary_key(field) or is_unique(field) or is_indexed(field) or is_foreign_key(field))


def altered_field(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, name: str
) -> Iterator[Effect]:
    """`alter_field` of two fields of one name."""
    old, new = source.field(name), target.field(name)
    if not isinstance(old, Field) or not isinstance(new, Field):
        yield from unread_altered(source, after, target, name)
    elif is_many_to_many(old) and is_many_to_many(new):
        if owns_table(old) != owns_table(new):
            raise InconsistentState(Problem.of(ProblemKind.THROUGH_CHANGED))
        yield from many_renamed(source, target, name, name)
        yield from many_retargeted(before, source, after, target, name)
    elif has_column(old) != has_column(new):
        raise InconsistentState(Problem.of(ProblemKind.COLUMN_APPEARS))
    elif has_column(old):
        refuse_generated(old, new)
        yield from altered_column(before, source, after, target, name, name)


def refuse_generated(old: Field, new: Field) -> None:
    """`alter_field`: "Modifying GeneratedFields is not supported". Raises InconsistentState."""
    if GENERATED in (old.path, new.path) and column_text(old) != column_text(new):
        raise InconsistentState(Problem.of(ProblemKind.GENERATED_ALTERED))


def unread_altered(source: ModelState, after: SchemaState, target: ModelState, name: str) -> Iterator[Effect]:
    """A field that cannot be read on one side, or that comes from a base: its column is by its name until it is known
    better, and afterwards it is what the new field says."""
    was, now = source.field(name), target.field(name)
    if now is None or (isinstance(now, Field) and not has_column(now)):
        yield Unknown(f"alter {target.key}.{name}, which cannot be read")
        return
    table = table_name(target)
    before = column_name(name, was) if isinstance(was, Field) else name
    for column, shape in column_pair(after, name, now):
        if before != column:
            yield RenameColumn(table, before, column, conditional=True)
        yield AddColumn(table, column, shape, conditional=True)
        yield AlterColumn(table, column, shape, shape, conditional=True)
    indexes = field_indexes(name, now) if isinstance(now, Field) else ()
    yield from (AddIndex(table, text, text, conditional=True) for text in indexes)


def renamed_field(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, old: str, new: str
) -> Iterator[Effect]:
    """RenameField: `alter_field` from the old name's column to the new name's."""
    field = source.field(old)
    if isinstance(field, Opaque):
        yield RenameColumn(table_name(target), old, new)
    elif field is None:
        yield Unknown(f"rename the field {old}, which the model has from a base")
    elif owns_table(field):
        yield from many_renamed(source, target, old, new)
    elif has_column(field):
        yield from altered_column(before, source, after, target, old, new)


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
    gone = {text: column_renamed(text, column, new_column) for text in field_indexes(old, was)}
    come = tuple(field_indexes(new, now))
    yield from (DropIndex(table, text) for text, moved in gone.items() if moved not in come)
    if column != new_column:
        yield RenameColumn(table, column, new_column)
    if shape != new_shape:
        yield AlterColumn(table, new_column, shape, new_shape)
    yield from (AddIndex(table, text, text) for text in come if text not in gone.values())


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
