"""What altering or renaming one field does to its column, or to the table of a many-to-many field.

Source: `BaseDatabaseSchemaEditor.alter_field`, `_alter_many_to_many`.
"""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.schema.definitions import column_renamed
from stitchback.schema.effects import (
    AddIndex,
    AlterColumn,
    DropIndex,
    Effect,
    RenameColumn,
    RenameTable,
)
from stitchback.schema.tables import (
    column_pair,
    field_indexes,
    many_columns,
    many_table,
    many_table_name,
    owns_table,
    table_name,
)


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
