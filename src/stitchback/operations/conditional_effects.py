"""What the conditional templates do to a database where they do more than leave out what is done already.

Source: `stitchback.model.conditional`. As a bridge, at the leaf, the state is already as it should be, so what the operation
would change has to be derived from the state after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from stitchback.model.operations import Operation
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.operations.model_effects import both, delete_model, model_moved, together_texts
from stitchback.schema.changes import model_of
from stitchback.schema.definitions import definition
from stitchback.schema.effects import (
    AddIndex,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Effect,
    MakeUniqueTogether,
)
from stitchback.schema.field_effects import altered_field, removed_field, renamed_field
from stitchback.schema.naming import model_key, needed
from stitchback.schema.references import field_renamed, model_renamed
from stitchback.schema.tables import (
    column_name,
    column_pair,
    field_indexes,
    has_tables,
    main_table,
    model_tables,
    table_name,
    tables_of,
)
from stitchback.schema.visible import has_column

Doing = Callable[[Operation, str, SchemaState, SchemaState], Iterable[Effect]]


def create_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    """All of it or nothing: only the model's own table is looked for, so the others come first here."""
    tables = tables_of(after, model_of(after, model_key(operation, app))).all
    main = tables[0][0] if tables else ""
    for name, table in reversed(tables):
        yield CreateTable(name, table, unless="" if name == main else main)


def remove_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    """Where the state has no such model, the table of its default name."""
    key = model_key(operation, app)
    if key in before.models:
        yield from delete_model(operation, app, before, after)
    else:
        yield DropTable(f"{key.app}_{key.model}")


def rename_model(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    old, new = model_key(operation, app, "old_name"), model_key(operation, app, "new_name")
    if old not in before.models:
        before = model_renamed(after, new, old, needed(operation, "old_name"))
    yield from model_moved(before, model_of(before, old), after, model_of(after, new))


def remove_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    model = model_of(before, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    if not has_tables(model):
        return ()
    return unknown_field(before, model, name) if model.field(name) is None else removed_field(model, name)


def unknown_field(state: SchemaState, model: ModelState, name: str) -> Iterator[Effect]:
    """A field that the state does not have: the column of that name or with "_id", or a many-to-many table of that name,
    where they are no other field's or model's."""
    own = main_table(state, model).columns
    yield from (DropColumn(table_name(model), column) for column in (name, f"{name}_id") if column not in own)
    many = f"{table_name(model)}_{name}"
    if all(many != table for key in state.models for table, _ in model_tables(state, key).all):
        yield DropTable(many)


def alter_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    """The column as the field says, whatever it is now, with exactly its own indexes."""
    source, target = both(operation, app, before, after, "model_name")
    name = needed(operation, "name")
    field = target.field(name)
    if not has_tables(target):
        return ()
    if isinstance(field, Field) and has_column(field):
        return made_so(after, target, name, field)
    return altered_field(before, source, after, target, name)


def made_so(state: SchemaState, model: ModelState, name: str, field: Field) -> Iterator[Effect]:
    table, column = table_name(model), column_name(name, field)
    come = tuple(field_indexes(name, field))
    together = {*together_texts("unique", model), *together_texts("index", model)}
    for text in (definition("unique", [column]), definition("index", [column])):
        if text not in come and text not in together:
            yield DropIndex(table, text)
    yield from (AlterColumn(table, column, shape, shape) for column, shape in column_pair(state, name, field))
    yield from (AddIndex(table, text, text) for text in come)


def rename_field(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterable[Effect]:
    key = model_key(operation, app, "model_name")
    old, new = needed(operation, "old_name"), needed(operation, "new_name")
    if model_of(before, key).field(old) is None:
        before = field_renamed(before, key, new, old)
    source, target = model_of(before, key), model_of(after, key)
    return renamed_field(before, source, after, target, old, new) if has_tables(target) else ()


def alter_unique_together(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    """Exactly these, whatever the database has: what Django named for itself and is not among them is dropped."""
    model = model_of(after, model_key(operation, app))
    if has_tables(model):
        yield MakeUniqueTogether(table_name(model), tuple(sorted(together_texts("unique", model))))


CONDITIONAL: Mapping[str, Doing] = MappingProxyType(
    {
        "CreateModel": create_model,
        "DeleteModel": remove_model,
        "RenameModel": rename_model,
        "RemoveField": remove_field,
        "AlterField": alter_field,
        "RenameField": rename_field,
        "AlterUniqueTogether": alter_unique_together,
    }
)
