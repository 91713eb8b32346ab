"""Which models an operation names, and which model is which after some migrations: according to operations alone, without the states in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Value, text
from stitchback.operations import kind_of
from stitchback.operations.base import ChangedPart
from stitchback.schema.identity import Identity
from stitchback.schema.labels import string


def model_names(operation: Operation) -> tuple[str | None, ...]:
    """The names of the models that the operation itself names; None for one that cannot be read, and of a kind that is not known."""
    kind = kind_of(operation)
    return (None,) if kind is None else tuple(string(operation.argument(name)) for name in kind.models)


def subject(operation: Operation, app: str) -> ModelKey | None:
    """The one model that the operation changes; None where it names none or two, or where the name cannot be read."""
    names = model_names(operation)
    return ModelKey.of(app, names[0]) if len(names) == 1 and names[0] else None


def flat(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """All that can be read, those within others too."""
    for operation in operations:
        if isinstance(operation, Operation):
            yield operation
            yield from flat((*operation.database, *operation.state))


def identity_after(migrations: Iterable[Migration]) -> Identity:
    """The identities of models and fields after the migrations, in their order."""
    identity = Identity()
    for migration in migrations:
        for operation in stated(migration.operations):
            play_names(identity, migration.key.app, operation)
    return identity


def stated(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """The operations that change the models' state, those within others too."""
    for operation in operations:
        kind = kind_of(operation)
        if isinstance(operation, Operation) and kind is not None:
            if kind.part is ChangedPart.WITHIN:
                yield from stated(operation.state)
            else:
                yield operation


def play_names(identity: Identity, app: str, operation: Operation) -> None:
    """What the operation makes, drops and renames of models and fields."""
    kind = kind_of(operation)
    if kind is None:
        return
    old, new = (text(operation.argument(name)) for name in (kind.model.before, kind.model.after))
    if kind.model.made and new:
        identity.model_made(ModelKey.of(app, new))
    elif kind.model.dropped and old:
        identity.drop_model(ModelKey.of(app, old))
    elif kind.model.renamed and old and new:
        identity.model_renamed(ModelKey.of(app, old), ModelKey.of(app, new))
    elif old:
        model = ModelKey.of(app, old)
        was, now = (text(operation.argument(name)) for name in (kind.field.before, kind.field.after))
        if kind.field.made and now:
            identity.made(SchemaObjectKind.COLUMN, model, now)
        elif kind.field.dropped and was:
            identity.drop(SchemaObjectKind.COLUMN, model, was)
        elif kind.field.renamed and was and now:
            identity.renamed(SchemaObjectKind.COLUMN, model, was, now)


def default_of(operation: Operation) -> Value | None:
    """The default in the operation's field, kept in the models or not."""
    field = operation.argument("field")
    return dict(field.kwargs).get("default") if isinstance(field, Call) else None


def column_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """The AddField and AlterField that a database gets, those inside SeparateDatabaseAndState included."""
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        kind = kind_of(operation)
        if kind is not None and kind.gives_column:
            yield operation
        yield from column_operations(operation.database)
