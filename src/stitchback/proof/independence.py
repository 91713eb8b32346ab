"""Which migrations may run in either order without a difference in schema, models or rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.model.data_reach import Reach
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Items, Reference, text, walk
from stitchback.operations import kind_of
from stitchback.operations.base import ChangedPart
from stitchback.operations.model_relations import ModelRelations
from stitchback.operations.named_models import model_names
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.operations.within import has_unread_state

OVER_FIELDS = frozenset(
    Reference(f"django.db.models.{path}")
    for path in ("Index", "UniqueConstraint", "indexes.Index", "constraints.UniqueConstraint")
)


@dataclass(frozen=True, slots=True)
class PartChange:
    """`name`: of the field or definition; "" if unknown. `alters`: an existing part gets another shape. `makes`: a new part is created, whatever the
    rows are; an earlier data operation cannot have used it. `is_index`: an index that is not unique, which changes no rows and no query results.
    `over`: the fields of a definition that consists of nothing else; None if it may use any."""

    model: ModelKey
    part: ChangedPart
    name: str = ""
    alters: bool = False
    makes: bool = False
    is_index: bool = False
    over: frozenset[str] | None = None

    def meets(self, other: PartChange) -> bool:
        if self.model != other.model:
            return False
        if self.part is not other.part:
            return not (self.is_over_others_than(other) or other.is_over_others_than(self))
        return self.part is ChangedPart.MODEL or self.name == other.name or not self.name or not other.name

    def is_over_others_than(self, field: PartChange) -> bool:
        """Whether it is a definition, and the other one's field is none of its own."""
        is_pair = self.part is ChangedPart.DEFINITION and field.part is ChangedPart.FIELD
        return is_pair and self.over is not None and bool(field.name) and field.name not in self.over


@dataclass(frozen=True, slots=True)
class MigrationChanges:
    """The changes of a migration: changed models, models that its operations refer to, names that its data operations can use, and whether it may
    affect any model."""

    changes: frozenset[PartChange]
    mentioned: frozenset[ModelKey]
    reaches: tuple[Reach, ...]
    anything: bool

    @property
    def is_nothing(self) -> bool:
        return not self.changes and not self.reaches and not self.anything


def moved_models(migration_changes: MigrationChanges) -> frozenset[ModelKey]:
    """The models to which a reference depends on the order: created, dropped or renamed, or with an altered or removed field. A new field, an index
    or a constraint does not affect references."""
    return frozenset(
        change.model
        for change in migration_changes.changes
        if change.part is ChangedPart.MODEL or (change.part is ChangedPart.FIELD and not change.makes)
    )


def migration_changes(migration: Migration) -> MigrationChanges:
    """The changes of the migration."""
    app = migration.key.app
    return MigrationChanges(
        frozenset(changes(migration.operations, app)),
        frozenset(
            key
            for operation in flat(migration.operations)
            if isinstance(operation, Operation)
            for key in referred(operation, app)
        ),
        tuple(reach_of(each, app) for each in row_operations(migration.operations)),
        any(map(is_about_anything, flat(migration.operations))),
    )


def flat(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    """The operations, including nested ones."""
    for operation in operations:
        yield operation
        if isinstance(operation, Operation):
            yield from flat((*operation.database, *operation.state))


def is_about_anything(operation: Operation | Opaque) -> bool:
    kind = kind_of(operation)
    if isinstance(operation, Opaque) or kind is None:
        return True
    return kind.part is ChangedPart.DATABASE or has_unread_state(operation)


def changes(operations: Iterable[Operation | Opaque], app: str) -> Iterator[PartChange]:
    for operation in flat(operations):
        if isinstance(operation, Operation):
            yield from changed_by(operation, app)


def changed_by(operation: Operation, app: str) -> Iterator[PartChange]:
    kind = kind_of(operation)
    if kind is None:
        return
    for model in filter(None, model_names(operation)):
        name, new = kind.part_name(operation), kind.makes_new(operation)
        over = fields_alone(operation)
        yield PartChange(ModelKey.of(app, model), kind.part, name, kind.field.kept, new, kind.is_index, over)


def fields_alone(operation: Operation) -> frozenset[str] | None:
    """The fields of an index or a unique constraint that is made over fields alone: no expression, condition, included field, or class of the project."""
    made = operation.argument("index") or operation.argument("constraint")
    if not isinstance(made, Call) or made.callee not in OVER_FIELDS or made.args:
        return None
    fields = made.kwarg("fields")
    if not isinstance(fields, Items) or {name for name, _ in made.kwargs} - {"fields", "name"}:
        return None
    names = [text(item) for item in fields.items]
    known = [name.removeprefix("-").lower() for name in names if name]
    return (
        frozenset((*known, *(name.removesuffix("_id") for name in known)))
        if len(known) == len(names)
        else None
    )


def referred(operation: Operation, app: str) -> Iterator[ModelKey]:
    """The models that fields and bases of the operation refer to. Every label counts: too many do no harm."""
    for name, value in operation.arguments:
        for part in walk(value):
            said = text(part)
            if said and said.count(".") == 1:
                yield ModelKey.of(*said.split("."))
            elif said and name == "bases":
                yield ModelKey.of(app, said)
            elif isinstance(part, Call):
                bare = (
                    text(each) for each in (*part.args[:1], part.kwarg("to"), part.kwarg("through")) if each
                )
                yield from (ModelKey.of(app, each) for each in bare if each and "." not in each)


def independent(first: MigrationChanges, second: MigrationChanges, web: ModelRelations) -> bool:
    """Whether the second migration, which comes after the first on a branch, may run before it."""
    if first.is_nothing or second.is_nothing:
        return True
    if first.anything or second.anything:
        return False
    if any(one.meets(other) for one in first.changes for other in second.changes):
        return False
    if first.mentioned & moved_models(second) or second.mentioned & moved_models(first):
        return False
    return not any(
        (
            *(used(reach, first.changes, first.reaches, web) for reach in second.reaches),
            *(used(reach, not_new(second.changes), second.reaches, web) for reach in first.reaches),
        )
    )


def not_new(changes: Iterable[PartChange]) -> frozenset[PartChange]:
    """The changes without new parts: an earlier data operation cannot have used these."""
    return frozenset(change for change in changes if not change.makes)


def used(reach: Reach, changes: Iterable[PartChange], reaches: Iterable[Reach], web: ModelRelations) -> bool:
    """Whether code of that reach can use one of the changed models, or a model that code of the other reaches can use."""
    models = web.reached(reach)
    changes, reaches = tuple(changes), tuple(reaches)
    if models is None:
        return bool(changes or reaches)
    if any(change.model in models and may_use(reach, change) for change in changes):
        return True
    others = map(web.reached, reaches)
    return any(theirs is None or models & theirs for theirs in others)


def may_use(reach: Reach, change: PartChange) -> bool:
    """Whether code that reaches the model may use the changed part. A field that it does not name may be added and removed, and so may an index,
    which only SQL on indexes can use."""
    if change.is_index:
        return not change.name or bool({change.name.lower(), "index"} & reach.words)
    return change.part is not ChangedPart.FIELD or change.alters or reach.names(change.name)


__all__ = ["MigrationChanges", "independent", "migration_changes"]
