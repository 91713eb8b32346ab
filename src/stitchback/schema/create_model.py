"""A ModelState from CreateModel's arguments.

Source: `django.db.migrations.operations.models.CreateModel`, `django.db.migrations.state.ModelState`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stitchback.model.command_cache import by_identities
from stitchback.model.field_names import FieldNames
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState
from stitchback.model.values import NONE, Call, Constant, Dictionary, Items, Reference, Value, render
from stitchback.schema.fields import canonical_field
from stitchback.schema.labels import canonical_label, needed, string
from stitchback.schema.unique_together import Together, together_set_of

MODEL = Reference("django.db.models.Model")
NOT_ABSTRACT = ("abstract", Constant(False))
APART = frozenset({"indexes", "constraints", "unique_together", "index_together"})


@by_identities
def created_model(operation: Operation, app: str, bases: Mapping[str, str], names: FieldNames) -> ModelState:
    """The model that a CreateModel makes. What of it cannot be read is in its `opaque`. Raises UnreadName."""
    name = needed(operation, "name")
    fields, unread_fields = fields_of(operation, app, name, bases, names)
    options, unread_options = dictionary_of(operation, operation.argument("options"))
    model = ModelState(
        ModelKey.of(app, name),
        name,
        fields,
        bases=bases_of(operation.argument("bases"), app),
        managers=managers_of(operation.argument("managers")),
        opaque=(*unread_fields, *unread_options),
    )
    return with_options(model, options)


def fields_of(
    operation: Operation, app: str, model: str, bases: Mapping[str, str], names: FieldNames
) -> tuple[tuple[tuple[str, Field | Opaque], ...], tuple[Opaque, ...]]:
    """`fields` in their order, and what of the list is no (name, field) pair."""
    fields: dict[str, Field | Opaque] = {}
    opaque = []
    for item in field_items(operation.argument("fields")):
        match item:
            case None:
                opaque.append(unread(operation, "the fields of a model", None))
            case Items(items=(first, field)) if string(first) is not None:
                found = canonical_field(field, app, model=model, bases=bases, names=names)
                fields[string(first) or ""] = found
            case _:
                opaque.append(unread(operation, "an item of a model's fields", item))
    return tuple(fields.items()), tuple(opaque)


def field_items(value: Value | None) -> Iterator[Value | None]:
    """The items of a list of fields, of `[…] + […]` too; what is no list as one item."""
    match value:
        case Items(items=items):
            yield from items
        case Call(callee=Reference(path="operator.add"), args=parts):
            for part in parts:
                yield from field_items(part)
        case _:
            yield value


def unread(operation: Operation, what: str, value: Value | None) -> Opaque:
    if isinstance(value, Opaque):
        return value
    return Opaque(f"{what} cannot be read", "" if value is None else render(value), operation.span)


def dictionary_of(operation: Operation, value: Value | None) -> tuple[dict[str, Value], tuple[Opaque, ...]]:
    """A dictionary of options by name; `dict(a=1)` as well."""
    match value:
        case None | Constant(value=None):
            return {}, ()
        case Dictionary(items=pairs) if all(string(key) is not None for key, _ in pairs):
            return {string(key) or "": item for key, item in pairs}, ()
        case Call(callee=Reference(path="builtins.dict" | "dict"), args=(), kwargs=kwargs):
            return dict(kwargs), ()
        case _:
            return {}, (unread(operation, "the options of a model", value),)


def bases_of(value: Value | None, app: str) -> tuple[Value, ...]:
    """The bases, those that are models as lower-case labels; `(models.Model,)` if none are given."""
    if value is None or value == NONE:
        return (MODEL,)
    items = value.items if isinstance(value, Items) else (value,)
    found = tuple(canonical_label(item, app, "") for item in items)
    return found or (MODEL,)


def managers_of(value: Value | None) -> tuple[tuple[str, Value], ...]:
    if not isinstance(value, Items):
        return () if value is None else (("", value),)
    pairs = []
    for item in value.items:
        match item:
            case Items(items=(name, manager)):
                pairs.append((string(name) or render(name), manager))
            case _:
                pairs.append(("", item))
    return tuple(pairs)


def with_options(model: ModelState, options: Mapping[str, Value]) -> ModelState:
    """The model with these Meta options on top of its existing ones, those with an attribute of the class there. `abstract: False` is none:
    Django writes it where a model takes Meta from an abstract one."""
    rest = {
        name: value for name, value in options.items() if name not in APART and (name, value) != NOT_ABSTRACT
    }
    merged = tuple(sorted({**dict(model.options), **rest}.items()))
    model = replace(model, options=merged)
    for name in ("indexes", "constraints"):
        if name in options:
            model = with_definitions(model, name, options[name])
    for name in ("unique_together", "index_together"):
        if name in options:
            model = with_together(model, name, options[name])
    return model


def with_definitions(model: ModelState, name: str, value: Value) -> ModelState:
    """The model with its list of indexes or constraints replaced by this one."""
    if not isinstance(value, Items):
        return with_opaque_part(model, name, value)
    pairs = tuple((name_of(item), item) for item in value.items)
    return replace(model, indexes=pairs) if name == "indexes" else replace(model, constraints=pairs)


def with_together(model: ModelState, name: str, value: Value | None) -> ModelState:
    """The model with its `unique_together` or `index_together` replaced by this one."""
    found = together_set_of(value)
    if isinstance(found, Opaque):
        return with_opaque_part(model, name, found)
    return together_set(model, name, found)


def together_set(model: ModelState, name: str, together: Together) -> ModelState:
    if name == "unique_together":
        return replace(model, unique_together=together)
    return replace(model, index_together=together)


def with_opaque_part(model: ModelState, name: str, value: Value) -> ModelState:
    from stitchback.model.source import Span

    opaque = value if isinstance(value, Opaque) else Opaque(f"{name} cannot be read", render(value), Span(""))
    return replace(model, opaque=(*model.opaque, opaque))


def name_of(definition: Value) -> str:
    """An index's or constraint's name, its rendered form where it has none or that cannot be read."""
    if isinstance(definition, Call):
        return string(definition.kwarg("name")) or render(definition)
    return render(definition)
