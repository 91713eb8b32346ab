"""A model taken apart into what can be changed alone: a field's shape, each of its other arguments, each option, each index …

Two branches that change different parts of one model, or of one field, do not contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.keys import ModelKey
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import NONE, Call, Value, render
from stitchback.schema.comparing import DATABASE_OPTIONS, visible_shape
from stitchback.schema.create_model import MODEL
from stitchback.schema.expressions import canonical_definition, canonical_expression, with_field_names
from stitchback.schema.identity import Identity
from stitchback.schema.visible import is_visible

SHAPE = ""  # the `argument` of what a database sees of a field, its class with it


class Absence(Enum):
    """Why a model has no value for a part."""

    GONE = "gone"  # the model has no such field, index or constraint
    UNSAID = "unsaid"  # the field or the model is there and does not have that argument or option


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """`kind`: "model", "field", "option", "managers", "bases", "index", "constraint", "unique together", "index together".
    `name`: of the field or option, for a together the field names joined by ",", an index's or constraint's definition. `argument`: of a
    field."""

    model: ModelKey
    kind: str
    name: str = ""
    argument: str = SHAPE

    def __str__(self) -> str:
        match self.kind:
            case "model":
                return f"model {self.model}"
            case "managers" | "bases":
                return f"{self.kind} of {self.model}"
            case "option":
                return f"option {self.name} of {self.model}"
            case "index" | "constraint":
                return f"{self.kind} of {self.model}, {self.name}"
            case _:
                said = f"{self.kind} {self.model}.{self.name}"
                return f"{self.argument} of {said}" if self.argument else said


PartValue = object  # compared with ==
Parts = Mapping[Part, PartValue]


def parts_of(
    model: ModelState, identity: Identity, *, without: frozenset[str] = frozenset()
) -> dict[Part, PartValue]:
    """All parts of a model under their identities, but for the fields `without`."""
    return dict(_parts(model, identity, without))


def _parts(
    model: ModelState, identity: Identity, without: frozenset[str]
) -> Iterator[tuple[Part, PartValue]]:
    own = identity.model(model.key)
    yield Part(own, "model"), True
    if model.bases != (MODEL,):
        yield Part(own, "bases"), model.bases
    if model.managers:
        yield (
            Part(own, "managers"),
            tuple((name, canonical_expression(item)) for name, item in model.managers),
        )
    for name, value in model.options:
        if value != NONE:
            yield Part(own, "option", name), canonical_expression(value)
    for name, field in model.fields:
        if name in without:
            continue
        yield from _of_field(own, identity.name(SchemaObjectKind.COLUMN, model.key, name), field, identity)
    for kind, definitions in (("index", model.indexes), ("constraint", model.constraints)):
        yield from (
            (Part(own, kind, text), names)
            for text, names in by_definition(definitions, model, identity).items()
        )
    for kind, together in (
        ("unique together", model.unique_together),
        ("index together", model.index_together),
    ):
        for names in together:
            fields = sorted(identity.name(SchemaObjectKind.COLUMN, model.key, name) for name in names)
            yield Part(own, kind, ",".join(fields)), True


def _of_field(
    model: ModelKey, name: str, field: Field | Opaque, identity: Identity
) -> Iterator[tuple[Part, PartValue]]:
    part = Part(model, "field", name)
    if isinstance(field, Opaque):
        yield part, field
        return
    shape = identity.shape(field)
    yield part, (shape.path, *visible_shape(shape))
    for argument, value in field.arguments:
        if not is_visible(field, argument):
            yield Part(model, "field", name, argument), canonical_expression(value)


def by_definition(
    definitions: tuple[tuple[str, Value], ...], model: ModelState, identity: Identity
) -> dict[str, frozenset[str]]:
    """The names of indexes or constraints by what a database sees of them beside the name: both branches may have made one under two
    names."""
    found: dict[str, frozenset[str]] = {}
    for name, value in definitions:
        text = definition_text(value, model, identity)
        found[text] = found.get(text, frozenset()) | {name}
    return found


def definition_text(definition: Value, model: ModelState, identity: Identity) -> str:
    """An index or constraint of the model without its name, over the identities of the fields: RenameField changes no definition."""
    value = nameless(definition)
    if not isinstance(value, Call):
        return render(value)
    names = {
        name: own
        for name, _ in model.fields
        if (own := identity.name(SchemaObjectKind.COLUMN, model.key, name)) != name
    }
    return render(with_field_names(value, names))


def nameless(definition: Value) -> Value:
    value = canonical_definition(definition)
    if not isinstance(value, Call):
        return value
    return Call(value.callee, value.args, tuple(pair for pair in value.kwargs if pair[0] != "name"))


def value_of(parts: Parts, part: Part) -> PartValue:
    """The part's value, or why there is none."""
    if part in parts:
        return parts[part]
    owner = Part(part.model, "field", part.name) if part.kind == "field" else Part(part.model, "model")
    unsaid = owner in parts and owner != part and part.kind in ("field", "option", "managers", "bases")
    return Absence.UNSAID if unsaid else Absence.GONE


def is_invisible(part: Part) -> bool:
    """Whether no database sees the part, whatever its value."""
    match part.kind:
        case "field":
            return part.argument != SHAPE
        case "option":
            return part.name not in DATABASE_OPTIONS
        case "managers":
            return True
        case _:
            return False


def current_part(part: Part, identity: Identity) -> Part:
    """The part by the names that it has now."""
    model = identity.current_model(part.model)
    if part.kind == "field":
        now = identity.now(SchemaObjectKind.COLUMN, part.model, part.name)
        return Part(model, part.kind, now, part.argument)
    if part.kind.endswith("together"):
        names = sorted(
            identity.now(SchemaObjectKind.COLUMN, part.model, name) for name in part.name.split(",")
        )
        return Part(model, part.kind, ",".join(names))
    return Part(model, part.kind, part.name)


def models_by_identity(state: SchemaState, identity: Identity) -> dict[ModelKey, ModelState]:
    return {identity.model(key): model for key, model in state.models.items()}
