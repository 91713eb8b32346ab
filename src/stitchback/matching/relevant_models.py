"""Which apps and models are relevant to the two sides: what is shared is played for these alone.

An operation changes models of its own app, the model that it names, and what refers to a model or a field that it renames. So what the patch
branch has not changed since the fork point, and no app that it changed depends on or refers to, is not played, neither from before the fork
point nor of mainline's own: in a large project that is nearly all of it. Of all models of the fork point only those matter that one side's
operations name, under this name or an earlier one, and those that were ever renamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.operations.applying import apply_operation
from stitchback.operations.named_models import model_names
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.labels import string
from stitchback.schema.references import field_renamed, targets


def named_models(migrations: Iterable[Migration]) -> frozenset[ModelKey] | None:
    """The models that the operations name; None where one of them cannot be read."""
    found: set[ModelKey] = set()
    for app, operation in _operations(migrations):
        names = model_names(operation)
        if None in names:
            return None
        found.update(ModelKey.of(app, name) for name in names if name)
    return frozenset(found)


def with_earlier_names(models: frozenset[ModelKey], shared: Iterable[Migration]) -> frozenset[ModelKey]:
    """These, and all that were ever renamed."""
    renamed = (
        ModelKey.of(app, name)
        for app, operation in _operations(shared)
        if (kind := kind_of(operation)) is not None and kind.model.renamed
        for name in model_names(operation)
        if name
    )
    return models | frozenset(renamed)


def play_for(state: SchemaState, migration: Migration, models: frozenset[ModelKey]) -> SchemaState:
    """The state after the migration, as far as it has these models. Raises InconsistentState as `apply_migration` does."""
    for operation in migration.operations:
        try:
            state = _played(state, migration.key.app, operation, models)
        except InconsistentState as error:
            raise error.at(str(migration.key)) from error
    return state


def _played(
    state: SchemaState, app: str, operation: Operation | Opaque, models: frozenset[ModelKey]
) -> SchemaState:
    if isinstance(operation, Opaque):
        return apply_operation(state, app, operation)
    if operation.state:
        for inner in operation.state:
            state = _played(state, app, inner, models)
        return state
    names = model_names(operation)
    if not names or None in names or any(ModelKey.of(app, name) in models for name in names if name):
        return apply_operation(state, app, operation)
    return _renamed_elsewhere(state, app, operation)


def _renamed_elsewhere(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    """After an operation on a model that is not in the state: others may refer to a field of it by its name."""
    kind = kind_of(operation)
    if kind is None or not kind.field.renamed:
        return state
    old, new = (string(operation.argument(name)) for name in (kind.field.before, kind.field.after))
    if old is None or new is None:
        return state
    return field_renamed(state, ModelKey.of(app, model_names(operation)[0] or ""), old, new)


def _operations(migrations: Iterable[Migration]) -> Iterator[tuple[str, Operation]]:
    """All that can be read, those within others too, each with its app."""
    for migration in migrations:
        waiting = list(migration.operations)
        for operation in waiting:
            if isinstance(operation, Operation):
                yield migration.key.app, operation
                waiting.extend((*operation.database, *operation.state))


def below(apps: Iterable[str], migrations: Iterable[Migration]) -> frozenset[str]:
    """These apps and all that their migrations depend on, in any number of steps."""
    parents: dict[str, set[str]] = {}
    for migration in migrations:
        app = migration.key.app
        for parent in migration.dependencies:
            if isinstance(parent, MigrationKey) and parent.app != app:
                parents.setdefault(app, set()).add(parent.app)
        for child in migration.run_before:
            if isinstance(child, tuple):
                parents.setdefault(child[0], set()).add(migration.key.app)
    found = set(apps)
    waiting = list(found)
    for app in waiting:
        new = parents.get(app, set()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def referred_to(state: SchemaState) -> frozenset[str]:
    """The apps of all models that the models refer to."""
    return frozenset(key.app for model in state.models.values() for key in targets(model.fields))


def of_apps(migrations: Sequence[Migration], apps: frozenset[str]) -> tuple[Migration, ...]:
    return tuple(migration for migration in migrations if migration.key.app in apps)
