"""Who refers to a model or a field, and how that follows a rename.

Source: `django.db.migrations.utils.get_references`, `ProjectState.rename_model`, `ProjectState.rename_field`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.command_cache import by_identity
from stitchback.model.keys import ModelKey
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Constant, Items, Value
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.labels import key_of, string
from stitchback.schema.unique_together import Together

LABELS = ("to", "through")
Fields = tuple[tuple[str, Field | Opaque], ...]


@by_identity
def targets(fields: Fields) -> frozenset[ModelKey]:
    """The models that these fields refer to. Remembered: a rename asks every model of the state, and most have not changed
    since the last one did."""
    keys = (
        key_of(field.argument(name)) for _, field in fields if isinstance(field, Field) for name in LABELS
    )
    return frozenset(key for key in keys if key is not None)


def is_missing(state: SchemaState, key: ModelKey) -> bool:
    """Whether the state surely has no such model."""
    known = key.app in state.migrated_apps and key.app not in state.opaque_apps
    return known and key not in state.models and key not in state.left_out


def require_targets(state: SchemaState, model: ModelState, fields: Fields) -> None:
    """`RelatedField.resolve_related_fields`, for a column or table that a field gets, or loses. Raises InconsistentState."""
    for target in sorted(targets(fields)):
        if is_missing(state, target):
            raise InconsistentState(Problem.of(ProblemKind.TARGET_MISSING, target, model.key))


def referrers(state: SchemaState, key: ModelKey) -> Iterator[tuple[ModelState, str, Field]]:
    """Every (model, field name, field) of the state that refers to the model by `to` or `through`."""
    label = Constant(str(key))
    for model in state.models.values():
        if key not in targets(model.fields):
            continue
        for name, field in model.fields:
            if isinstance(field, Field) and label in (field.argument("to"), field.argument("through")):
                yield model, name, field


def model_renamed(state: SchemaState, old: ModelKey, new: ModelKey, name: str) -> SchemaState:
    """The state with the model under its new key, and every reference to it there. It moves to the end, as in Django."""
    models = {key: repointed(model, old, new) for key, model in state.models.items()}
    renamed = replace(models.pop(old), key=new, name=name)
    models[new] = renamed
    return replace(state, models=models)


def repointed(model: ModelState, old: ModelKey, new: ModelKey) -> ModelState:
    fields = model.fields
    if old in targets(fields):
        fields = tuple((name, field_repointed(field, old, new)) for name, field in fields)
    bases = tuple(base_repointed(base, old, new) for base in model.bases)
    if fields == model.fields and bases == model.bases:
        return model
    return replace(model, fields=fields, bases=bases)


def field_repointed(field: Field | Opaque, old: ModelKey, new: ModelKey) -> Field | Opaque:
    if not isinstance(field, Field):
        return field
    for name in LABELS:
        if key_of(field.argument(name)) == old:
            field = field.with_argument(name, Constant(str(new)))
    return field


def base_repointed(base: Value, old: ModelKey, new: ModelKey) -> Value:
    return Constant(str(new)) if key_of(base) == old else base


def field_renamed(state: SchemaState, key: ModelKey, old: str, new: str) -> SchemaState:
    """The state with the field under its new name (at the end of the model's fields, as in Django): `from_fields`,
    composite primary keys, togethers of the model follow, and `to_field` / `to_fields` of all that refer to it.
    Indexes, constraints and `order_with_respect_to` do not: Django leaves them to separate operations."""
    models = dict(state.models)
    label = Constant(str(key))
    for other, model in state.models.items():
        if key in targets(model.fields):
            fields = tuple((name, target_renamed(field, label, old, new)) for name, field in model.fields)
            models[other] = replace(model, fields=fields) if fields != model.fields else model
    if key in models:  # a state may be of some models only
        models[key] = own_field_renamed(models[key], old, new)
    return replace(state, models=models)


def own_field_renamed(model: ModelState, old: str, new: str) -> ModelState:
    kept = [(name, own_names_renamed(field, old, new)) for name, field in model.fields if name != old]
    moved = [(new, own_names_renamed(field, old, new)) for name, field in model.fields if name == old]
    return replace(
        model,
        fields=(*kept, *moved),
        unique_together=together_renamed(model.unique_together, old, new),
        index_together=together_renamed(model.index_together, old, new),
    )


def own_names_renamed(field: Field | Opaque, old: str, new: str) -> Field | Opaque:
    """Names of fields of the same model inside a field: `from_fields`, CompositePrimaryKey's names."""
    if not isinstance(field, Field):
        return field
    composite = field.path.endswith(".CompositePrimaryKey")
    for name, value in field.arguments:
        if name == "from_fields" or (composite and name.isdigit()):
            field = field.with_argument(name, value_renamed(value, old, new))
    return field


def target_renamed(field: Field | Opaque, label: Value, old: str, new: str) -> Field | Opaque:
    if not isinstance(field, Field) or field.argument("to") != label:
        return field
    for name in ("to_field", "to_fields"):
        value = field.argument(name)
        if value is not None:
            field = field.with_argument(name, value_renamed(value, old, new))
    return field


def value_renamed(value: Value, old: str, new: str) -> Value:
    if isinstance(value, Items):
        return replace(value, items=tuple(value_renamed(item, old, new) for item in value.items))
    return Constant(new) if string(value) == old else value


def together_renamed(together: Together, old: str, new: str) -> Together:
    return frozenset(tuple(new if name == old else name for name in names) for names in together)
