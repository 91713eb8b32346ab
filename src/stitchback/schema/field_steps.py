"""`state_forwards` of the operations on one field."""

from __future__ import annotations

from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import FALSE
from stitchback.schema.changes import model_of, put, take, with_model
from stitchback.schema.fields import canonical_field, without_default
from stitchback.schema.models import MODEL, unread
from stitchback.schema.naming import model_key, needed
from stitchback.schema.problems import InconsistentState
from stitchback.schema.references import field_renamed


def field_in(state: SchemaState, app: str, operation: Operation) -> Field | Opaque:
    """The operation's field as it stays in the state."""
    value = operation.argument("field")
    if value is None:
        return unread(operation, "the field", None)
    field = canonical_field(value, app, model=needed(operation, "model_name"), bases=state.field_bases)
    preserve = operation.argument("preserve_default")
    return without_default(field) if preserve == FALSE else field


def add_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    if operation.conditional and model.field(name) is not None:
        return state
    return with_model(state, replace(model, fields=put(model.fields, name, field_in(state, app, operation))))


def alter_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    field_of(model, name)
    field = field_in(state, app, operation)
    return with_model(state, replace(model, fields=put(model.fields, name, field)))


def field_of(model: ModelState, name: str) -> Field | Opaque | None:
    """The field; None where a base, or what could not be read of the model, may have it. Raises InconsistentState."""
    field = model.field(name)
    if field is None and not may_inherit(model):
        raise InconsistentState(f"{model.key} has no field {name}")
    return field


def may_inherit(model: ModelState) -> bool:
    return bool(model.opaque) or any(base != MODEL for base in model.bases)


def remove_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    if model.field(name) is None and (operation.conditional or field_of(model, name) is None):
        return state
    return with_model(state, replace(model, fields=take(model.fields, name)))


def rename_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    old, new = needed(operation, "old_name"), needed(operation, "new_name")
    missing = model.field(old) is None
    if old == new or (missing and (operation.conditional or field_of(model, old) is None)):
        return state
    return field_renamed(state, model.key, old, new)
