"""What the operations on one field have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stitchback.model.field_names import FieldNames
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import FALSE, text
from stitchback.operations.base import MIGRATIONS, Named, OperationKind, Part
from stitchback.schema.changes import put, with_model
from stitchback.schema.fields import canonical_field, without_default
from stitchback.schema.identity_cache import by_identities
from stitchback.schema.models import MODEL, unread
from stitchback.schema.naming import needed
from stitchback.schema.needs import require_field
from stitchback.schema.problems import InconsistentState


class OnField(OperationKind):
    """An operation on one field. `template`, `field` and what it does are its own."""

    module = MIGRATIONS
    keywords = ()
    spread = ()
    model = Named("model_name", "model_name")
    table = ""
    part = Part.FIELD
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
        raise InconsistentState(f"{model.key} has no field {name}")
    return found


def may_inherit(model: ModelState) -> bool:
    return bool(model.opaque) or any(base != MODEL for base in model.bases)


def require_whole(state: SchemaState, model: ModelState, name: str) -> None:
    """What the field itself refers to must be there. Raises InconsistentState."""
    field = model.field(name)
    if isinstance(field, Field):
        require_field(state, model, name, field)
