"""`state_forwards` of the operations on one field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stitchback.model.command_cache import by_identities
from stitchback.model.field_names import FieldNames
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import FALSE
from stitchback.schema.changes import model_of, put, take, with_model
from stitchback.schema.fields import canonical_field, without_default
from stitchback.schema.models import MODEL, unread
from stitchback.schema.naming import model_key, needed
from stitchback.schema.needs import require_order
from stitchback.schema.problems import InconsistentState
from stitchback.schema.references import field_renamed

Pair = tuple[str, Field | Opaque]


@by_identities
def field_in(operation: Operation, app: str, bases: Mapping[str, str], names: FieldNames) -> Pair:
    """The operation's field as it stays in the state, with its name: the same object in every state that the operation meets."""
    name, value = needed(operation, "name"), operation.argument("field")
    if value is None:
        return name, unread(operation, "the field", None)
    field = canonical_field(value, app, model=needed(operation, "model_name"), bases=bases, names=names)
    preserve = operation.argument("preserve_default")
    return name, without_default(field) if preserve == FALSE else field


def add_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    if operation.conditional and model.field(name) is not None:
        return state
    pair = field_in(operation, app, state.field_bases, state.field_names)
    return with_model(state, replace(model, fields=put(model.fields, pair)))


def alter_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    pair = field_in(operation, app, state.field_bases, state.field_names)
    return with_model(state, replace(model, fields=put(model.fields, pair)))


def field_of(model: ModelState, name: str) -> Field | Opaque | None:
    """The field; None where a base, or what could not be read of the model, may have it. Raises InconsistentState."""
    field = model.field(name)
    if field is None and not may_inherit(model):
        raise InconsistentState(Problem.of(ProblemKind.NO_FIELD, model.key, name))
    return field


def may_inherit(model: ModelState) -> bool:
    return bool(model.opaque) or any(base != MODEL for base in model.bases)


def remove_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    name = needed(operation, "name")
    if model.field(name) is None and (operation.conditional or field_of(model, name) is None):
        return state
    rest = replace(model, fields=take(model.fields, name))
    require_order(state, rest)
    return with_model(state, rest)


def rename_field(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app, "model_name"))
    old, new = needed(operation, "old_name"), needed(operation, "new_name")
    missing = model.field(old) is None
    if old == new or (missing and (operation.conditional or field_of(model, old) is None)):
        return state
    if not operation.conditional and model.field(new) is not None:
        # Django's state would lose the field of that name without an error (`ProjectState.rename_field`).
        raise InconsistentState(Problem.of(ProblemKind.FIELD_EXISTS, model.key, new))
    after = field_renamed(state, model.key, old, new)
    require_order(after, after.models[model.key])
    return after
