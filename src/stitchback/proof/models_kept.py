"""After reconciling, the models at mainline's leaves are what they were, plus what only the patch had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import ModelKey
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Value
from stitchback.schema.comparing import ComparisonKind, compare_fields

Part = Field | Opaque | Value | frozenset[tuple[str, ...]] | tuple[Value, ...]
PartName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sides:
    """States at the leaves: of the forks, the patch branches, mainline, and the result."""

    forks: tuple[SchemaState, ...]
    patches: tuple[SchemaState, ...]
    mainline: SchemaState
    result: SchemaState


def models_changed(sides: Sides) -> Iterator[str]:
    """What of mainline's models the result lost or has otherwise, and what it has that neither branch had."""
    for key in sorted({*sides.mainline.models, *sides.result.models}):
        yield from model_changed(key, sides)


def model_changed(key: ModelKey, sides: Sides) -> Iterator[str]:
    was, now = sides.mainline.models.get(key), sides.result.models.get(key)
    if now is None:
        if not changed_by_patch(key, None, None, sides):
            yield f"model {key} of mainline is lost"
    elif was is None:
        if not any(key in patch.models for patch in sides.patches):
            yield f"model {key} is on neither branch"
    elif was != now:
        yield from parts_changed(key, parts(was), parts(now), sides)


def parts_changed(
    key: ModelKey, was: Mapping[PartName, Part], now: Mapping[PartName, Part], sides: Sides
) -> Iterator[str]:
    for name in sorted({*was, *now}):
        before, after = was.get(name), now.get(name)
        if same(before, after) or changed_by_patch(key, name, after, sides):
            continue
        what = f"{name[0]} {key}.{name[1]}" if name[1] else f"{name[0]} of {key}"
        if after is None:
            yield f"{what} of mainline is lost"
        elif before is None:
            if not anywhere(name, after, sides.patches):
                yield f"{what} is on neither branch"
        else:
            yield f"{what} is not what mainline has"


def changed_by_patch(key: ModelKey, name: PartName | None, after: Part | None, sides: Sides) -> bool:
    """Whether a patch branch has it as the result has it, and the fork point had it otherwise."""
    for fork, patch in zip(sides.forks, sides.patches, strict=True):
        if name is None:
            if key in fork.models and key not in patch.models:
                return True
            continue
        its = part_of(patch, key, name)
        if same(its, after) and not same(part_of(fork, key, name), its):
            return True
    return False


def anywhere(name: PartName, part: Part, patches: Iterable[SchemaState]) -> bool:
    """Whether a patch branch has that part on any model: mainline may have renamed the model since."""
    return any(same(parts(model).get(name), part) for patch in patches for model in patch.models.values())


def part_of(state: SchemaState, key: ModelKey, name: PartName) -> Part | None:
    model = state.models.get(key)
    return parts(model).get(name) if model else None


def parts(model: ModelState) -> dict[PartName, Part]:
    named: dict[PartName, Part] = {("field", name): field for name, field in model.fields}
    named |= {("option", name): value for name, value in model.options}
    named |= {("index", name): value for name, value in model.indexes}
    named |= {("constraint", name): value for name, value in model.constraints}
    named |= {("unique_together", ""): model.unique_together, ("index_together", ""): model.index_together}
    return named | {("bases", ""): model.bases}


def same(one: Part | None, other: Part | None) -> bool:
    if one == other:
        return True
    if isinstance(one, Field) and isinstance(other, Field):
        return compare_fields(one, other).kind is ComparisonKind.IDENTICAL
    return False
