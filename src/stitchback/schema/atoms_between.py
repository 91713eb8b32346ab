"""The atoms of one operation: what is otherwise between the states around it.

Renames are taken from the operation; everything else is the difference of the models that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.atoms import Added, Altered, Atom, Origin, Removed, Renamed, SchemaObjectKind, Shape
from stitchback.model.keys import ModelKey
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import NONE
from stitchback.schema.comparing import ComparisonKind, compare_shapes
from stitchback.schema.identity import Identity
from stitchback.schema.tables import has_tables

TABLE_SHAPE = ()  # nothing more is to say
MANAGERS = (
    "managers"  # of all options the one that is no option of Meta's: their order counts, so they are one
)


Parts = tuple[tuple[str, Shape], ...]


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A schema object of a model by its current name, with its shape."""

    kind: SchemaObjectKind
    name: str
    shape: Shape


def parts_of(model: ModelState) -> tuple[NamedPart, ...]:
    """Everything in a model, the table apart."""
    return tuple(NamedPart(kind, name, shape) for kind in CONTAINERS for name, shape in contents(model, kind))


CONTAINERS = (
    SchemaObjectKind.COLUMN,
    SchemaObjectKind.INDEX,
    SchemaObjectKind.CONSTRAINT,
    SchemaObjectKind.UNIQUE_TOGETHER,
    SchemaObjectKind.INDEX_TOGETHER,
    SchemaObjectKind.OPTIONS,
)


def contents(model: ModelState, kind: SchemaObjectKind) -> Parts:
    """The model's schema objects of one kind by their names."""
    match kind:
        case SchemaObjectKind.COLUMN:
            return model.fields
        case SchemaObjectKind.INDEX:
            return model.indexes
        case SchemaObjectKind.CONSTRAINT:
            return model.constraints
        case SchemaObjectKind.UNIQUE_TOGETHER:
            return tuple((",".join(names), ()) for names in sorted(model.unique_together))
        case SchemaObjectKind.INDEX_TOGETHER:
            return tuple((",".join(names), ()) for names in sorted(model.index_together))
        case SchemaObjectKind.OPTIONS:
            options = tuple((name, ((name, value),)) for name, value in model.options if value != NONE)
            return (*options, (MANAGERS, model.managers)) if model.managers else options
        case SchemaObjectKind.TABLE:
            return ()
        case _:
            assert_never(kind)


@dataclass(frozen=True, slots=True)
class Where:
    """What all atoms of one operation share."""

    origin: Origin
    identity: Identity
    database: bool
    state: bool


def model_atoms(where: Where, key: ModelKey, before: SchemaState, after: SchemaState) -> Iterator[Atom]:
    """The atoms of one model: made, gone, or the difference of its parts."""
    old, new = before.models.get(key), after.models.get(key)
    if old is None and new is not None:
        yield from made_model(where, new)
    elif old is not None and new is None:
        yield from removed_model(where, old)
    elif old is not None and new is not None:
        yield from changed_model(where, old, new)


def made_model(where: Where, model: ModelState) -> Iterator[Atom]:
    where.identity.model_made(model.key)
    real = where.database and has_tables(model)
    schema_object = where.identity.schema_object(SchemaObjectKind.TABLE, model.key)
    yield Added(where.origin, schema_object, model.name, TABLE_SHAPE, real, where.state)
    for part in parts_of(model):
        yield added(where, model, part)


def removed_model(where: Where, model: ModelState) -> Iterator[Atom]:
    for part in reversed(parts_of(model)):
        yield removed(where, model, part)
    schema_object = where.identity.schema_object(SchemaObjectKind.TABLE, model.key)
    real = where.database and has_tables(model)
    yield Removed(where.origin, schema_object, model.name, TABLE_SHAPE, real, where.state)
    where.identity.drop_model(model.key)


def added(where: Where, model: ModelState, part: NamedPart) -> Added:
    where.identity.made(part.kind, model.key, part.name)
    schema_object = where.identity.schema_object(part.kind, model.key, part.name)
    return Added(where.origin, schema_object, part.name, part.shape, is_real(where, model, part), where.state)


def removed(where: Where, model: ModelState, part: NamedPart) -> Removed:
    schema_object = where.identity.schema_object(part.kind, model.key, part.name)
    where.identity.drop(part.kind, model.key, part.name)
    return Removed(
        where.origin, schema_object, part.name, part.shape, is_real(where, model, part), where.state
    )


def is_real(where: Where, model: ModelState, part: NamedPart) -> bool:
    """Whether a database sees that the part is there: of options only some, of a proxy or an unmanaged model nothing."""
    seen = part.kind != SchemaObjectKind.OPTIONS or differ((), part.shape)
    return where.database and has_tables(model) and seen


def differ(a: Shape, b: Shape) -> bool:
    """Whether a database sees the difference."""
    return compare_shapes(a, b).kind not in (ComparisonKind.IDENTICAL, ComparisonKind.SAME_SCHEMA)


def changed_model(where: Where, old: ModelState, new: ModelState) -> Iterator[Atom]:
    """What went, then what came or is otherwise, kind by kind. What both hold unchanged is the same object mostly."""
    for kind in CONTAINERS:
        before, after = contents(old, kind), contents(new, kind)
        if before is after:
            continue
        was, now = map(dict, without_common_ends(before, after))
        yield from (removed(where, old, NamedPart(kind, name, was[name])) for name in was if name not in now)
        for name, shape in now.items():
            if name not in was:
                yield added(where, new, NamedPart(kind, name, shape))
            elif was[name] is not shape and was[name] != shape:
                yield altered(where, new, NamedPart(kind, name, shape), was[name])


def without_common_ends(before: Parts, after: Parts) -> tuple[Parts, Parts]:
    """Both without the pairs that they begin and end with alike: one operation changes a few of maybe thousands."""
    start = common_start(before, after)
    before, after = before[start:], after[start:]
    end = common_start(before[::-1], after[::-1])
    return before[: len(before) - end], after[: len(after) - end]


def common_start(one: Parts, other: Parts) -> int:
    """How many pairs both begin with. By halves, because Python compares slices of the same objects fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def altered(where: Where, model: ModelState, part: NamedPart, before: Shape) -> Altered:
    schema_object = where.identity.schema_object(part.kind, model.key, part.name)
    real = where.database and has_tables(model) and differ(before, part.shape)
    return Altered(where.origin, schema_object, part.name, before, part.shape, real, where.state)


def renamed_model(where: Where, old: ModelState, new: ModelState) -> Iterator[Atom]:
    schema_object = where.identity.schema_object(SchemaObjectKind.TABLE, old.key)
    where.identity.model_renamed(old.key, new.key)
    yield Renamed(
        where.origin, schema_object, old.name, new.name, where.database and has_tables(new), where.state
    )


def renamed_part(
    where: Where, kind: SchemaObjectKind, model: ModelState, old: str, new: str
) -> Iterator[Atom]:
    schema_object = where.identity.schema_object(kind, model.key, old)
    where.identity.renamed(kind, model.key, old, new)
    yield Renamed(where.origin, schema_object, old, new, where.database and has_tables(model), where.state)
