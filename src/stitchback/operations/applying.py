"""The pure twin of every operation's `state_forwards`.

Source: `django.db.migrations.operations`, `django.contrib.postgres.operations`, `django.db.migrations.state.ProjectState`.
Where Django's own state says nothing (a field added twice, an index removed that is not there), nothing is reported here:
`physical_effects` and `run_effect` do, as the database would.
"""

from __future__ import annotations

from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.schema.changes import with_opaque
from stitchback.schema.naming import summary
from stitchback.schema.problems import InconsistentState, UnreadName


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
        return with_opaque(state, app, Opaque(error.reason, str(operation), operation.span))
    except InconsistentState as error:
        if app in state.opaque_apps:
            reason = f"{error.reason}; an unreadable operation before it may have created it"
            return with_opaque(state, app, Opaque(reason, str(operation), operation.span))
        raise InconsistentState(error.reason, operation=summary(operation)) from error
