"""What an operation does to a state and to a database: its class holds that, and what is within it is followed here.

Source: `django.db.migrations.operations`, `django.db.migrations.state.ProjectState`, `BaseDatabaseSchemaEditor`. Where Django's own state says
nothing (a field added twice, an index removed that is not there), `apply_operation` reports nothing: `physical_effects` and `run_effect` do, as the
database would. Proxies and unmanaged models give no effects. Where Django would raise before it touches the database, InconsistentState is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.operations.base import NOT_NAMED, ChangedPart, OperationKind, Step
from stitchback.operations.data import data_run, is_code
from stitchback.operations.remade import remade
from stitchback.operations.separate_database_and_state import (
    Stated,
    done_by_code,
    done_elsewhere,
    made_by_state,
    moved_away,
)
from stitchback.schema.changes import with_opaque
from stitchback.schema.clashes import InconsistentState, UnreadName
from stitchback.schema.effects import Effect, Unknown, conditional
from stitchback.schema.labels import model_key, summary
from stitchback.schema.references import require_targets


def apply_migration(state: SchemaState, migration: Migration) -> SchemaState:
    """The state after all operations of the migration. Raises InconsistentState naming it."""
    for operation in migration.operations:
        try:
            state = apply_operation(state, migration.key.app, operation)
        except InconsistentState as error:
            raise error.at(str(migration.key)) from error
    return state


def apply_operation(state: SchemaState, app: str, operation: Operation | Opaque) -> SchemaState:
    """The state after the operation, as its `state_forwards` makes it, and after the operations on the state within it.

    An operation that cannot be read marks the state.
    Raises InconsistentState where Django would raise, unless something unread of that app may have made what is missing.
    """
    if isinstance(operation, Opaque):
        return with_opaque(state, app, operation)
    kind = kind_of(operation)
    if kind is None:
        return with_opaque(
            state, app, Opaque(f"{operation.kind} is not known", str(operation), operation.span)
        )
    try:
        after = kind.state_forwards(operation, app, state)
        for inner in operation.state:
            after = apply_operation(after, app, inner)
        return after
    except UnreadName as error:
        return with_opaque(state, app, Opaque(str(error.problem), str(operation), operation.span))
    except InconsistentState as error:
        if app in state.opaque_apps:
            reason = f"{error.problem}; an unreadable operation before it may have created it"
            return with_opaque(state, app, Opaque(reason, str(operation), operation.span))
        raise InconsistentState(error.problem, operation=summary(operation)) from error


def physical_effects(
    operation: Operation | Opaque,
    app: str,
    before: SchemaState,
    after: SchemaState,
    stated: Stated | None = None,
) -> tuple[Effect, ...]:
    """The effects, in order. `before` and `after` are the states around the operation, as Django gives them to `database_forwards`.
    `stated`: what may be done to the state alone (see `separate_database_and_state`), None: anything. Raises InconsistentState."""
    if isinstance(operation, Opaque):
        return (Unknown(operation.source or operation.reason),)
    kind = kind_of(operation)
    if kind is None:
        return (Unknown(str(operation)),)
    if kind.part is ChangedPart.WITHIN:
        return tuple(within(kind, operation, app, before, stated))
    step = Step(operation, app, before, after)
    doing = kind.guarded_effects if operation.conditional else kind.effects
    try:
        found = tuple(doing(step))
        if found and not operation.conditional:
            require_related(kind, step)
    except UnreadName:
        return (Unknown(str(operation)),)
    except InconsistentState as error:
        if app in before.opaque_apps or app in after.opaque_apps:
            return (Unknown(str(operation)), *kind.unread_effects(step))
        raise InconsistentState(error.problem, operation=summary(operation)) from error
    done = tuple(conditional(effect) for effect in found) if operation.conditional else found
    return (*done, *remade(operation, app, before, after, done))


def require_related(kind: OperationKind, step: Step) -> None:
    """The models that the operation's own fields refer to. Raises InconsistentState."""
    if kind.model.made:
        model = step.after.models.get(model_key(step.operation, step.app, kind.model.after))
        if model is not None:
            require_targets(step.after, model, model.fields)
    elif kind.field != NOT_NAMED and not kind.field.renamed:
        key = model_key(step.operation, step.app, kind.model.before)
        name = step.name(kind.field.before or kind.field.after)
        for state in (step.before, step.after):
            model = state.models.get(key)
            field = model.field(name) if model is not None else None
            if model is not None and field is not None:
                require_targets(step.after, model, ((name, field),))


def within(
    kind: OperationKind, operation: Operation, app: str, before: SchemaState, stated: Stated | None
) -> Iterator[Effect]:
    """Its code and the database's half, then what the state's half takes to be done (see `separate_database_and_state`)."""
    code = (data_run(operation),) if kind.code else ()
    done, supposed = moved_away(
        (*code, *half(operation.database, app, before, stated)),
        tuple(state_part(operation, app, before, stated)),
    )
    yield from done
    if is_code(operation):
        yield from done_by_code(supposed, done, (operation,))
    else:
        yield from done_elsewhere(supposed, done)


def half(
    operations: tuple[Operation | Opaque, ...], app: str, before: SchemaState, stated: Stated | None
) -> Iterator[Effect]:
    """The effects of the database's half, each operation on the state that those before it make."""
    for inner in operations:
        after = apply_operation(before, app, inner)
        yield from physical_effects(inner, app, before, after, stated)
        before = after


def state_part(
    operation: Operation, app: str, before: SchemaState, stated: Stated | None
) -> Iterator[Effect]:
    """What the operations of the state's half would do, those that make nothing left out; and what Django's schema editor would refuse:
    it never does them."""
    counted = made_by_state(operation, app, stated)
    for inner in operation.state:
        after = apply_operation(before, app, inner)
        if inner in counted:
            with suppress(InconsistentState):
                yield from physical_effects(inner, app, before, after, stated)
        before = after
