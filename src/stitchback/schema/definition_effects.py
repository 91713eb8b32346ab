"""What the operations on indexes, constraints, extensions and collations do to a database: `database_forwards` of each."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import Value, strings
from stitchback.schema.changes import model_of
from stitchback.schema.definitions import definition, is_unique_constraint
from stitchback.schema.effects import (
    AddConstraint,
    AddIndex,
    AddOther,
    DropConstraint,
    DropIndex,
    Effect,
    RemoveOther,
    RenameIndex,
)
from stitchback.schema.model_effects import both
from stitchback.schema.models import name_of
from stitchback.schema.naming import model_key, needed
from stitchback.schema.needs import lacks, names_in, own_columns, require, resolved_by
from stitchback.schema.problems import InconsistentState
from stitchback.schema.tables import column_of, has_tables, main_table, table_name


def add_index(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    model = model_of(after, model_key(operation, app, "model_name"))
    index = operation.argument("index")
    if has_tables(model) and index is not None:
        name = name_of(index)
        require(after, model, sorted(names_in(index)), name)
        columns = own_columns(model, names_in(index))
        yield AddIndex(table_name(model), name, main_table(after, model).indexes[name], columns)


def remove_index(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    model = model_of(before, model_key(operation, app, "model_name"))
    if has_tables(model):
        name = needed(operation, "name")
        existing("index", model, model.indexes, name, operation)
        yield DropIndex(table_name(model), name)


def existing(
    what: str, model: ModelState, pairs: tuple[tuple[str, Value], ...], name: str, operation: Operation
) -> None:
    """`ModelState.get_index_by_name`, `get_constraint_by_name`. Raises InconsistentState."""
    if not operation.conditional and all(key != name for key, _ in pairs):
        raise InconsistentState(Problem.of(ProblemKind.NO_DEFINITION, model.key, what, name))


def rename_index(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    source, target = both(operation, app, before, after, "model_name")
    if not has_tables(target):
        return
    new = needed(operation, "new_name")
    fields = strings(operation.argument("old_fields"))
    if fields:
        require(before, source, fields, operation.kind)
        columns = [column_of(source, name) for name in fields]
        yield RenameIndex(table_name(target), definition("index", columns), new, unnamed=True)
        return
    old = needed(operation, "old_name")
    existing("index", source, source.indexes, old, operation)
    if old != new:
        yield RenameIndex(table_name(target), old, new, lost=lost_fields(after, target, new))


def lost_fields(state: SchemaState, model: ModelState, name: str) -> tuple[str, ...]:
    """Of the model's index of that name: the fields that the model has lost."""
    named = (field for key, index in model.indexes if key == name for field in names_in(index))
    return tuple(sorted(field for field in named if lacks(state, model, field)))


def add_constraint(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    model = model_of(after, model_key(operation, app, "model_name"))
    constraint = operation.argument("constraint")
    if has_tables(model) and constraint is not None:
        name = name_of(constraint)
        require(after, model, sorted(names_in(constraint)), name)
        columns = own_columns(model, names_in(constraint))
        yield AddConstraint(table_name(model), name, main_table(after, model).constraints[name], columns)


def remove_constraint(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    model, target = both(operation, app, before, after, "model_name")
    if has_tables(model):
        name = needed(operation, "name")
        existing("constraint", model, model.constraints, name, operation)
        for key, constraint in model.constraints:
            if key == name and is_unique_constraint(constraint):
                require(after, target, sorted(resolved_by(constraint)), f"dropping {name}")
        yield DropConstraint(table_name(model), name)


EXTENSION_NAMES = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
}


def create_extension(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    """`CREATE EXTENSION IF NOT EXISTS`: harmless twice."""
    name = EXTENSION_NAMES.get(operation.kind) or needed(operation, "name")
    yield AddOther(f"extension {name}", conditional=True)


def create_collation(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    yield AddOther(f"collation {needed(operation, 'name')}")


def remove_collation(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    yield RemoveOther(f"collation {needed(operation, 'name')}")
