"""`state_forwards` of the operations on indexes and constraints."""

from __future__ import annotations

from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import NONE, Call, Constant, Reference, Value, strings
from stitchback.schema.changes import model_of, with_model
from stitchback.schema.models import name_of, unread
from stitchback.schema.naming import model_key, needed


def add_index(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    index = operation.argument("index") or unread(operation, "the index", None)
    if operation.conditional and has_named(model.indexes, name_of(index)):
        return state
    return with_model(state, with_index(model, index))


def has_named(pairs: tuple[tuple[str, Value], ...], name: str) -> bool:
    return any(key == name for key, _ in pairs)


def with_index(model: ModelState, index: Value) -> ModelState:
    return replace(model, indexes=(*model.indexes, (name_of(index), index)))


def remove_index(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    return with_model(state, replace(model, indexes=tuple(pair for pair in model.indexes if pair[0] != name)))


def rename_index(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    new = needed(operation, "new_name")
    fields = operation.argument("old_fields")
    if fields is not None and fields != NONE:
        return with_model(state, index_named(model, fields, new))
    old = needed(operation, "old_name")
    return with_model(
        state, replace(model, indexes=tuple(renamed_pair(pair, old, new) for pair in model.indexes))
    )


def index_named(model: ModelState, fields: Value, name: str) -> ModelState:
    """An unnamed `index_together` as a named index (RenameIndex with `old_fields`)."""
    index = Call(Reference("django.db.models.Index"), (), (("fields", fields), ("name", Constant(name))))
    gone = frozenset({strings(fields) or ()})
    return replace(with_index(model, index), index_together=model.index_together - gone)


def renamed_pair(pair: tuple[str, Value], old: str, new: str) -> tuple[str, Value]:
    name, index = pair
    if name != old or not isinstance(index, Call):
        return pair
    kwargs = {**dict(index.kwargs), "name": Constant(new)}
    return new, replace(index, kwargs=tuple(sorted(kwargs.items())))


def add_constraint(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    constraint = operation.argument("constraint") or unread(operation, "the constraint", None)
    name = name_of(constraint)
    if operation.conditional and has_named(model.constraints, name):
        return state
    return with_model(state, replace(model, constraints=(*model.constraints, (name, constraint))))


def remove_constraint(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    kept = tuple(pair for pair in model.constraints if pair[0] != name)
    return with_model(state, replace(model, constraints=kept))


def alter_constraint(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    new = operation.argument("constraint") or unread(operation, "the constraint", None)
    pairs = tuple((name_of(new), new) if pair[0] == name else pair for pair in model.constraints)
    return with_model(state, replace(model, constraints=pairs))
