"""Which models an operation of a new migration needs, and which of its fields can come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.values import TRUE, Call, Items, Reference, Value, text, walk
from stitchback.operations import kind_of
from stitchback.schema.labels import SETTINGS, string

RELATIONS = ("Key", "OneToOneField", "ManyToManyField")
PLACES = ("to", "through")


def named_models(value: Value, app: str, settings: Mapping[str, str]) -> frozenset[ModelKey]:
    """The models that fields within the value refer to; "self" is none."""
    calls = (item for item in walk(value) if isinstance(item, Call))
    return frozenset(key for call in calls for key in _of_call(call, app, settings))


def _of_call(call: Call, app: str, settings: Mapping[str, str]) -> Iterator[ModelKey]:
    places = [item for name, item in call.kwargs if name in PLACES]
    if call.args and isinstance(call.callee, Reference) and call.callee.path.endswith(RELATIONS):
        places.append(call.args[0])
    for item in places:
        label = string(item)
        if isinstance(item, Reference) and item.path.startswith(SETTINGS):
            label = settings.get(item.path.removeprefix(SETTINGS))
        if label and label != "self":
            yield model_key(label, app)


def model_key(label: str, app: str) -> ModelKey:
    owner, dot, name = label.rpartition(".")
    return ModelKey.of(owner if dot else app, name)


def bases_of(operation: Operation, app: str) -> frozenset[ModelKey]:
    """The models that the created model inherits from."""
    bases = operation.argument("bases")
    items = bases.items if isinstance(bases, Items) else ()
    return frozenset(model_key(label, app) for item in items if (label := text(item)))


def fields_of(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """The (name, field) pairs of a CreateModel; those that are no pair are left out."""
    fields = operation.argument("fields")
    pairs = (
        item.items for item in (fields.items if isinstance(fields, Items) else ()) if isinstance(item, Items)
    )
    return tuple((name, pair[1]) for pair in pairs if len(pair) == 2 and (name := text(pair[0])))


def can_come_later(operation: Operation, name: str, field: Value) -> bool:
    """Whether AddField may create the field after its model: it is no key, and no option of the model names it."""
    if not isinstance(field, Call):
        return False
    if TRUE in (field.kwarg("primary_key"), field.kwarg("parent_link")):
        return False
    options = operation.argument("options")
    return options is None or name not in {string(item) for item in walk(options)}


def subjects_of(operation: Operation, app: str) -> frozenset[ModelKey]:
    """The models of the app that the operation changes."""
    kind = kind_of(operation)
    names = (string(operation.argument(name)) for name in kind.models) if kind is not None else ()
    return frozenset(ModelKey.of(app, name) for name in names if name)
