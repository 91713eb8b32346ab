"""States as JSON, and the difference of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import render
from stitchback.schema.atoms_between import NamedPart, parts_of
from stitchback.schema.comparing import ComparisonKind, compare_shapes


def state_to_json(state: SchemaState) -> dict[str, Any]:
    """`models` of DESIGN's `schema` command: label -> fields, indexes, constraints, togethers, options, what is opaque."""
    return {str(key): model_to_json(state.models[key]) for key in sorted(state.models)}


def model_to_json(model: ModelState) -> dict[str, Any]:
    fields = {name: field_to_json(field) for name, field in model.fields}
    opaque = [*model.opaque, *(field for _, field in model.fields if isinstance(field, Opaque))]
    return {
        "name": model.name,
        "fields": fields,
        "bases": [render(base) for base in model.bases],
        "options": {name: render(value) for name, value in model.options},
        "indexes": sorted(render(value) for _, value in model.indexes),
        "constraints": sorted(render(value) for _, value in model.constraints),
        "unique_together": sorted(list(names) for names in model.unique_together),
        "index_together": sorted(list(names) for names in model.index_together),
        "opaque": sorted(str(item) for item in opaque),
    }


def field_to_json(field: Field | Opaque) -> dict[str, Any]:
    if isinstance(field, Opaque):
        return {"class": "", "arguments": {}, "opaque": field.reason}
    return {"class": field.path, "arguments": {name: render(value) for name, value in field.arguments}}


def diff_states(a: SchemaState, b: SchemaState) -> list[dict[str, Any]]:
    """What `b` has otherwise than `a`, sorted: each with `model`, `kind`, `name`, `change` ("added", "removed", "same
    schema", "different", "opaque") and `differences` in words."""
    found: list[dict[str, Any]] = []
    for key in sorted({*a.models, *b.models}):
        old, new = a.models.get(key), b.models.get(key)
        if old is None or new is None:
            found.append(line(str(key), "table", "", "removed" if new is None else "added"))
        else:
            found.extend(diff_models(str(key), old, new))
    return found


def diff_models(label: str, old: ModelState, new: ModelState) -> Iterator[dict[str, Any]]:
    was = {(part.kind.value, part.name): part for part in parts_of(old)}
    now = {(part.kind.value, part.name): part for part in parts_of(new)}
    for kind, name in sorted({*was, *now}):
        before, after = was.get((kind, name)), now.get((kind, name))
        if before is None or after is None:
            yield line(label, kind, name, "removed" if after is None else "added")
        elif before.shape != after.shape:
            yield compared(label, before, after)


def compared(label: str, before: NamedPart, after: NamedPart) -> dict[str, Any]:
    comparison = compare_shapes(before.shape, after.shape)
    change = "same schema" if comparison.kind == ComparisonKind.IDENTICAL else comparison.kind.value
    return line(label, before.kind.value, before.name, change, comparison.differences)


def line(model: str, kind: str, name: str, change: str, differences: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"model": model, "kind": kind, "name": name, "change": change, "differences": list(differences)}
