"""Which model is which after some migrations, according to their operations alone, without the states in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import text
from stitchback.schema.identity import Identity


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
        if isinstance(operation, Operation):
            if operation.kind in ("SeparateDatabaseAndState", "RunSQL", "RunPython"):
                yield from stated(operation.state)
            else:
                yield operation


def play_names(identity: Identity, app: str, operation: Operation) -> None:
    said = {name: text(value) for name, value in operation.arguments}
    old, new = said.get("old_name"), said.get("new_name")
    name, model = said.get("name"), said.get("model_name")
    match operation.kind:
        case "CreateModel" if name:
            identity.model_made(ModelKey.of(app, name))
        case "DeleteModel" if name:
            identity.drop_model(ModelKey.of(app, name))
        case "RenameModel" if old and new:
            identity.model_renamed(ModelKey.of(app, old), ModelKey.of(app, new))
        case "RenameField" if model and old and new:
            identity.renamed(SchemaObjectKind.COLUMN, ModelKey.of(app, model), old, new)
        case "AddField" if model and name:
            identity.made(SchemaObjectKind.COLUMN, ModelKey.of(app, model), name)
        case "RemoveField" if model and name:
            identity.drop(SchemaObjectKind.COLUMN, ModelKey.of(app, model), name)
        case _:
            pass
