"""Which schema object is which, through renames."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.model.atoms import SchemaObject, SchemaObjectKind
from stitchback.model.keys import ModelKey
from stitchback.model.state import Field
from stitchback.model.values import Constant
from stitchback.schema.labels import key_of

NAMED = (SchemaObjectKind.COLUMN, SchemaObjectKind.INDEX, SchemaObjectKind.CONSTRAINT)
TOGETHERS = (SchemaObjectKind.UNIQUE_TOGETHER, SchemaObjectKind.INDEX_TOGETHER)


class Identity:
    """Identities of models, fields, indexes and constraints while operations are played.

    A schema object that exists at the start has its key or name there as its identity; one that is created later the name of its
    creation. If that identity belongs to another existing schema object (a rename has freed the name), " (2)" is added.
    """

    def __init__(self) -> None:
        self._models: dict[ModelKey, ModelKey] = {}
        self._names: dict[
            tuple[SchemaObjectKind, ModelKey], dict[str, str]
        ] = {}  # of a model's identity: name now -> identity

    def copy(self) -> Identity:
        """One that can be tried out."""
        other = Identity()
        other._models = dict(self._models)
        other._names = {place: dict(names) for place, names in self._names.items()}
        return other

    def model(self, current: ModelKey) -> ModelKey:
        """The identity of the model that is called so now."""
        return self._models.get(current, current)

    def name(self, kind: SchemaObjectKind, current: ModelKey, name: str) -> str:
        """The identity of the field (index, constraint) that is called so now."""
        return self._of(kind, self.model(current)).get(name, name)

    def _of(self, kind: SchemaObjectKind, model: ModelKey) -> dict[str, str]:
        """The names of one kind in the model of that identity, those apart that are their own identity."""
        return self._names.setdefault((kind, model), {})

    def schema_object(self, kind: SchemaObjectKind, current: ModelKey, name: str = "") -> SchemaObject:
        """The schema object that is called so now; for a together `name` is its field names joined by ",". Those of a unique_together are in no
        order: it allows the same rows in every one."""
        if kind in TOGETHERS:
            names = [self.name(SchemaObjectKind.COLUMN, current, part) for part in name.split(",")]
            names = sorted(names) if kind is SchemaObjectKind.UNIQUE_TOGETHER else names
            return SchemaObject(kind, self.model(current), ",".join(names))
        return SchemaObject(kind, self.model(current), self.name(kind, current, name) if name else "")

    def current_model(self, identity: ModelKey) -> ModelKey:
        """What the model is called now (or was called when it was deleted)."""
        return next((now for now, own in self._models.items() if own == identity), identity)

    def current_name(self, schema_object: SchemaObject) -> str:
        """What the schema object is called now: the field's, index's or constraint's name, the model's for a table and for options,
        a together's field names."""
        if schema_object.kind in TOGETHERS:
            parts = schema_object.name.split(",")
            return ",".join(self.now(SchemaObjectKind.COLUMN, schema_object.model, part) for part in parts)
        if schema_object.kind in NAMED:
            return self.now(schema_object.kind, schema_object.model, schema_object.name)
        return self.current_model(schema_object.model).model

    def shape(self, field: Field) -> Field:
        """The field with the models that it refers to by their identities, so that two sides can be compared where one has
        renamed a model."""
        for name in ("to", "through"):
            key = key_of(field.argument(name))
            if key is not None:
                field = field.with_argument(name, Constant(str(self.model(key))))
        return field

    def now(self, kind: SchemaObjectKind, model: ModelKey, identity: str) -> str:
        names = self._of(kind, model).items()
        return next((name for name, own in names if own == identity), identity)

    def model_made(self, key: ModelKey) -> None:
        taken = {own for now, own in self._models.items() if now != key and own.app == key.app}
        self._models[key] = ModelKey(key.app, free(key.model, (own.model for own in taken)))

    def drop_model(self, key: ModelKey) -> None:
        identity = self._models.pop(key, key)
        for kind in NAMED:
            self._names.pop((kind, identity), None)

    def model_renamed(self, old: ModelKey, new: ModelKey) -> None:
        self._models[new] = self._models.pop(old, old)

    def made(self, kind: SchemaObjectKind, model: ModelKey, name: str) -> None:
        names = self._of(kind, self.model(model))
        identity = free(name, (own for now, own in names.items() if now != name))
        if identity != name:
            names[name] = identity

    def known_as(self, kind: SchemaObjectKind, model: ModelKey, name: str, identity: str) -> None:
        """The field (index, constraint) that is called so now has this identity."""
        self._of(kind, self.model(model))[name] = identity

    def drop(self, kind: SchemaObjectKind, model: ModelKey, name: str) -> None:
        self._of(kind, self.model(model)).pop(name, None)

    def renamed(self, kind: SchemaObjectKind, model: ModelKey, old: str, new: str) -> None:
        names = self._of(kind, self.model(model))
        names[new] = names.pop(old, old)


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or with " (2)", " (3)" … the first that is not taken."""
    used = set(taken)
    number, found = 1, name
    while found in used:
        number += 1
        found = f"{name} ({number})"
    return found
