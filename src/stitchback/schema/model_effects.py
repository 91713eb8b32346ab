"""What the operations on one model and its fields do to a database: `database_forwards` of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.operations import Operation
from stitchback.model.physical import Column
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.schema.changes import model_of
from stitchback.schema.definitions import columns_in, definition
from stitchback.schema.effects import (
    AddColumn,
    AddIndex,
    AlterComment,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Effect,
    RenameTable,
)
from stitchback.schema.field_effects import (
    added_field,
    altered_field,
    many_renamed,
    removed_field,
    renamed_field,
)
from stitchback.schema.naming import model_key, needed
from stitchback.schema.needs import is_ordered, own_columns, require, require_definitions, require_field
from stitchback.schema.references import referrers
from stitchback.schema.tables import ORDER, column_of, has_tables, main_table, table_name, tables_of
from stitchback.schema.unique_together import Together


def create_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    model = model_of(after, model_key(operation, app))
    if has_tables(model):
        require_definitions(after, model)
    for name, table in tables_of(after, model).all:
        yield CreateTable(name, table)


def delete_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    for name, _ in reversed(tables_of(before, model_of(before, model_key(operation, app))).all):
        yield DropTable(name)


def rename_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    old, new = model_key(operation, app, "old_name"), model_key(operation, app, "new_name")
    yield from model_moved(before, model_of(before, old), after, model_of(after, new))


def model_moved(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState
) -> Iterator[Effect]:
    """The model's table, then the many-to-many tables that hold its name: those of its own fields and of fields that
    refer to it. Foreign keys follow their table on their own."""
    if not has_tables(target):
        return
    if table_name(source) != table_name(target):
        yield RenameTable(table_name(source), table_name(target))
    for model, name, _ in tuple(referrers(before, source.key)):
        if model.key != source.key:
            yield from many_renamed(model, after.models[model.key], name, name)
    for name, _ in source.fields:
        yield from many_renamed(source, target, name, name)


def alter_table(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    source, target = both(operation, app, before, after)
    if not has_tables(target):
        return
    if table_name(source) != table_name(target):
        yield RenameTable(table_name(source), table_name(target))
    for name, _ in source.fields:
        yield from many_renamed(source, target, name, name)


def both(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, name: str = "name"
) -> tuple[ModelState, ModelState]:
    """The model that the operation names, before and after."""
    key = model_key(operation, app, name)
    return model_of(before, key), model_of(after, key)


def alter_comment(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    _, target = both(operation, app, before, after)
    if has_tables(target):
        yield AlterComment(table_name(target), main_table(after, target).comment)


def alter_together(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    """`alter_unique_together`: what is gone is dropped, what is new is added."""
    source, target = both(operation, app, before, after)
    if not has_tables(target):
        return
    kind = "unique" if operation.kind == "AlterUniqueTogether" else "index"
    for names in sorted(together_options(kind, source) ^ together_options(kind, target)):
        require(after, target, names, operation.kind)
    old, new = together_texts(kind, source), together_texts(kind, target)
    yield from (DropIndex(table_name(target), text) for text in sorted(old - new))
    columns = own_columns(target, (name for names in together_options(kind, target) for name in names))
    for text in sorted(new - old):
        yield AddIndex(table_name(target), text, text, columns & frozenset(columns_in(text)))


def together_texts(kind: str, model: ModelState) -> frozenset[str]:
    return frozenset(
        definition(kind, [column_of(model, name) for name in names])
        for names in together_options(kind, model)
    )


def together_options(kind: str, model: ModelState) -> Together:
    return model.unique_together if kind == "unique" else model.index_together


def alter_options(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    """Django does nothing. A model that becomes managed has its tables already, made by other means."""
    source, target = both(operation, app, before, after)
    if not has_tables(source):
        for name, table in tables_of(after, target).all:
            yield CreateTable(name, table, conditional=True)


def alter_order(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    source, target = both(operation, app, before, after)
    had, has = is_ordered(source), is_ordered(target)
    if has_tables(target) and had and not has:
        yield DropColumn(table_name(target), ORDER)
    elif has_tables(target) and has and not had:
        yield AddColumn(table_name(target), ORDER, Column("IntegerField"))


def add_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    model = model_of(after, model_key(operation, app, "model_name"))
    if not has_tables(model):
        return ()
    name = needed(operation, "name")
    require_whole(after, model, name)
    return added_field(after, model, name)


def require_whole(state: SchemaState, model: ModelState, name: str) -> None:
    field = model.field(name)
    if isinstance(field, Field):
        require_field(state, model, name, field)


def remove_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    model = model_of(before, model_key(operation, app, "model_name"))
    return removed_field(model, needed(operation, "name")) if has_tables(model) else ()


def alter_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    source, target = both(operation, app, before, after, "model_name")
    name = needed(operation, "name")
    if not has_tables(target):
        return ()
    require(before, source, (name,), operation.kind)
    require_whole(after, target, name)
    return altered_field(before, source, after, target, name)


def rename_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    source, target = both(operation, app, before, after, "model_name")
    old, new = needed(operation, "old_name"), needed(operation, "new_name")
    return renamed_field(before, source, after, target, old, new) if has_tables(target) else ()
