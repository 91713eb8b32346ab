"""Operations that turn one shape of a model into another: what `makemigrations` would write between the two.

Source: `django.db.migrations.autodetector.MigrationAutodetector` for the order (what goes first, what comes last).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from stitchback.model.edits import NOWHERE
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState
from stitchback.model.values import NONE, Call, Constant, Dictionary, Items, Reference, Value
from stitchback.schema.labels import string
from stitchback.schema.model_steps import ALTER_OPTION_KEYS

NO_RENAMES: Mapping[str, str] = MappingProxyType({})


def operation(kind: str, **arguments: Value) -> Operation:
    """An operation of Django's without a place in a file."""
    prefix = "django.contrib.postgres.operations." if kind in POSTGRES else "django.db.migrations."
    return Operation(kind, prefix + kind, tuple(sorted(arguments.items())), NOWHERE)


POSTGRES = frozenset(
    {"AddIndexConcurrently", "RemoveIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint"}
)


def operations_between(
    before: ModelState, after: ModelState, *, renamed: Mapping[str, str] = NO_RENAMES
) -> tuple[Operation, ...]:
    """The operations that make `after` of `before`. `renamed`: old field name -> new one. A field that cannot be read on
    either side is left as it is. The model itself is renamed first where the two keys differ."""
    return tuple(between(before, after, renamed))


def between(before: ModelState, after: ModelState, renamed: Mapping[str, str]) -> Iterator[Operation]:
    name = Constant(after.name)
    if before.key != after.key:
        yield operation("RenameModel", old_name=Constant(before.name), new_name=name)
    yield from removed_definitions(before, after)
    ordered_by = before.option(ORDERED)
    if loses_order(before, after, renamed):
        yield operation("AlterOrderWithRespectTo", name=name, order_with_respect_to=NONE)
        ordered_by = NONE
    for old, new in sorted(renamed.items()):
        yield operation("RenameField", model_name=name, old_name=Constant(old), new_name=Constant(new))
    yield from added_fields(before, after, renamed)
    yield from altered_fields(before, after, renamed)
    yield from altered_togethers(before, after, renamed)
    yield from removed_fields(before, after, renamed)
    yield from added_definitions(before, after)
    yield from altered_options(before, after, ordered_by)


ORDERED = "order_with_respect_to"


def loses_order(before: ModelState, after: ModelState, renamed: Mapping[str, str]) -> bool:
    """Whether the field that orders the model goes or gets another name: Django needs the order to go first (`Options._prepare`)."""
    parent = string(before.option(ORDERED))
    return parent is not None and (parent in renamed or after.field(parent) is None)


def field_call(field: Field) -> Call:
    """The call that makes the field."""
    return Call(Reference(field.path), (), field.arguments)


def field_operation(kind: str, model: str, name: str, field: Field) -> Operation:
    return operation(kind, model_name=Constant(model), name=Constant(name), field=field_call(field))


def added_fields(before: ModelState, after: ModelState, renamed: Mapping[str, str]) -> Iterator[Operation]:
    had = {renamed.get(name, name) for name, _ in before.fields}
    for name, field in after.fields:
        if name not in had and isinstance(field, Field):
            yield field_operation("AddField", after.name, name, field)


def altered_fields(before: ModelState, after: ModelState, renamed: Mapping[str, str]) -> Iterator[Operation]:
    was = {renamed.get(name, name): field for name, field in before.fields}
    for name, field in after.fields:
        old = was.get(name)
        if isinstance(old, Field) and isinstance(field, Field) and old != field:
            yield field_operation("AlterField", after.name, name, field)


def removed_fields(before: ModelState, after: ModelState, renamed: Mapping[str, str]) -> Iterator[Operation]:
    has = {name for name, _ in after.fields}
    for name, field in before.fields:
        if renamed.get(name, name) not in has and not isinstance(field, Opaque):
            yield operation("RemoveField", model_name=Constant(after.name), name=Constant(name))


def removed_definitions(before: ModelState, after: ModelState) -> Iterator[Operation]:
    for name, value in before.constraints:
        if (name, value) not in after.constraints:
            yield operation("RemoveConstraint", model_name=Constant(after.name), name=Constant(name))
    for name, value in before.indexes:
        if (name, value) not in after.indexes and not index_elsewhere(name, value, after):
            yield operation("RemoveIndex", model_name=Constant(after.name), name=Constant(name))


def added_definitions(before: ModelState, after: ModelState) -> Iterator[Operation]:
    model = Constant(after.name)
    for name, value in after.indexes:
        twin = index_elsewhere(name, value, before)
        if twin:
            yield operation("RenameIndex", model_name=model, old_name=Constant(twin), new_name=Constant(name))
        elif (name, value) not in before.indexes:
            yield operation("AddIndex", model_name=model, index=value)
    for name, value in after.constraints:
        if (name, value) not in before.constraints:
            yield operation("AddConstraint", model_name=model, constraint=value)


def index_elsewhere(name: str, index: Value, model: ModelState) -> str | None:
    """The name under which the model has this index, where it is another."""
    if any(other == name for other, _ in model.indexes):
        return None
    return next((other for other, value in model.indexes if unnamed(value) == unnamed(index)), None)


def unnamed(index: Value) -> Value:
    if not isinstance(index, Call):
        return index
    return Call(index.callee, index.args, tuple(pair for pair in index.kwargs if pair[0] != "name"))


def altered_togethers(
    before: ModelState, after: ModelState, renamed: Mapping[str, str]
) -> Iterator[Operation]:
    name = Constant(after.name)
    if moved(before.unique_together, renamed) != after.unique_together:
        yield operation("AlterUniqueTogether", name=name, unique_together=together(after.unique_together))
    if moved(before.index_together, renamed) != after.index_together:
        yield operation("AlterIndexTogether", name=name, index_together=together(after.index_together))


def moved(names: frozenset[tuple[str, ...]], renamed: Mapping[str, str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(renamed.get(name, name) for name in one) for one in names)


def together(names: frozenset[tuple[str, ...]]) -> Items:
    rows = tuple(Items("tuple", tuple(Constant(name) for name in one)) for one in sorted(names))
    return Items("set", rows)


SINGLE_OPTIONS = {
    "db_table": ("AlterModelTable", "table"),
    "db_table_comment": ("AlterModelTableComment", "table_comment"),
    "order_with_respect_to": ("AlterOrderWithRespectTo", "order_with_respect_to"),
}


def altered_options(before: ModelState, after: ModelState, ordered_by: Value | None) -> Iterator[Operation]:
    """AlterModelOptions and its likes; AlterModelManagers where those differ. `ordered_by`: the order that is still there."""
    name = Constant(after.name)
    for option, (kind, argument) in SINGLE_OPTIONS.items():
        said = ordered_by if option == ORDERED else before.option(option)
        if (said or NONE) != (after.option(option) or NONE):
            yield operation(kind, name=name, **{argument: after.option(option) or NONE})
    was, now = plain_options(before), plain_options(after)
    if was != now:
        yield operation("AlterModelOptions", name=name, options=Dictionary(now))
    if before.managers != after.managers:
        pairs = tuple(Items("tuple", (Constant(key), value)) for key, value in after.managers)
        yield operation("AlterModelManagers", name=name, managers=Items("list", pairs))


def plain_options(model: ModelState) -> tuple[tuple[Value, Value], ...]:
    return tuple((Constant(name), value) for name, value in model.options if name in ALTER_OPTION_KEYS)
