"""The symbolic schema state: the contents of Django's ProjectState, as values.

Source: `django.db.migrations.state.ProjectState` / `ModelState`; nothing is rendered, no field is
instantiated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stitchback.model.field_names import NO_NAMES, FieldNames
from stitchback.model.keys import ModelKey
from stitchback.model.source import Opaque
from stitchback.model.values import Value


@dataclass(frozen=True, slots=True)
class Field:
    """A model field in the form of `deconstruct()`: import path of the class, arguments by parameter name,
    sorted, positional ones named if the class is known ("0", "1" … if not), Django's defaults left out.
    References to models are lower-case labels ("auth.user"), or
    Reference("django.conf.settings.AUTH_USER_MODEL").

    `base` is the class of Django's that it is known to extend ("" if unknown).
    """

    path: str
    arguments: tuple[tuple[str, Value], ...] = ()
    base: str = ""

    def argument(self, name: str) -> Value | None:
        for key, value in self.arguments:
            if key == name:
                return value
        return None

    def with_argument(self, name: str, value: Value | None) -> Field:
        """The field with this argument set, or without it if the value is None."""
        rest = [(key, old) for key, old in self.arguments if key != name]
        if value is not None:
            rest.append((name, value))
        return replace(self, arguments=tuple(sorted(rest, key=lambda pair: pair[0])))


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model. `fields` keep their order (`order_with_respect_to`'s `_order` is not among them).

    `options` are the Meta options as Django's ModelState keeps them, without indexes, constraints,
    unique_together and index_together, which have attributes: `indexes` / `constraints` by name (an unnamed
    index by its rendered form), `unique_together` / `index_together` as sets of tuples of field names.
    """

    key: ModelKey
    name: str
    fields: tuple[tuple[str, Field | Opaque], ...] = ()
    options: tuple[tuple[str, Value], ...] = ()
    bases: tuple[Value, ...] = ()
    managers: tuple[tuple[str, Value], ...] = ()
    indexes: tuple[tuple[str, Value], ...] = ()
    constraints: tuple[tuple[str, Value], ...] = ()
    unique_together: frozenset[tuple[str, ...]] = frozenset()
    index_together: frozenset[tuple[str, ...]] = frozenset()
    opaque: tuple[Opaque, ...] = ()

    def option(self, name: str) -> Value | None:
        return next((value for key, value in self.options if key == name), None)

    def field(self, name: str) -> Field | Opaque | None:
        for key, value in self.fields:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class SchemaState:
    """All models at one point of the graph. `opaque`: what could not be read and may have changed anything of
    its app; `opaque_apps`: the labels of those apps. `field_bases`: import path of a custom field class -> of
    the class that it extends, if the tree defines it; `field_names`: further facts about such classes.
    `migrated_apps`: apps whose models come from migrations that can all be read; a model of theirs that is missing here does not exist at
    that point, unless it is one of the `left_out`: a proof's slice has the relevant models alone. Operations change none of the four.
    """

    models: Mapping[ModelKey, ModelState] = field(default_factory=dict)
    opaque: tuple[Opaque, ...] = ()
    opaque_apps: frozenset[str] = frozenset()
    field_bases: Mapping[str, str] = field(default_factory=dict)
    field_names: FieldNames = NO_NAMES
    migrated_apps: frozenset[str] = frozenset()
    left_out: frozenset[ModelKey] = frozenset()

    def with_models(self, models: Mapping[ModelKey, ModelState]) -> SchemaState:
        """As `dataclasses.replace`, which looks all fields up each time: nearly every operation ends here."""
        return SchemaState(
            models,
            self.opaque,
            self.opaque_apps,
            self.field_bases,
            self.field_names,
            self.migrated_apps,
            self.left_out,
        )
