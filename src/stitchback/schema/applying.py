"""The pure twin of every operation's `state_forwards`.

Source: `django.db.migrations.operations`, `django.contrib.postgres.operations`, `django.db.migrations.state.ProjectState`.
Where Django's own state says nothing (a field added twice, an index removed that is not there), nothing is reported here:
`physical_effects` and `run_effect` do, as the database would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.model.values import NONE, Items
from stitchback.schema.changes import with_opaque
from stitchback.schema.definition_steps import (
    add_constraint,
    add_index,
    alter_constraint,
    remove_constraint,
    remove_index,
    rename_index,
)
from stitchback.schema.field_steps import add_field, alter_field, remove_field, rename_field
from stitchback.schema.model_steps import (
    alter_managers,
    alter_options,
    alter_together,
    create_model,
    delete_model,
    rename_model,
    set_option,
)
from stitchback.schema.models import unread
from stitchback.schema.naming import summary
from stitchback.schema.problems import InconsistentState, UnreadName

Step = Callable[[SchemaState, str, Operation], SchemaState]


def apply_migration(state: SchemaState, migration: Migration) -> SchemaState:
    """The state after all operations of the migration. Raises InconsistentState naming it."""
    for operation in migration.operations:
        try:
            state = apply_operation(state, migration.key.app, operation)
        except InconsistentState as error:
            raise error.at(str(migration.key)) from error
    return state


def apply_operation(state: SchemaState, app: str, operation: Operation | Opaque) -> SchemaState:
    """The state after the operation, as its `state_forwards` makes it.

    An operation that cannot be read marks the state.
    Raises InconsistentState where Django would raise, unless something unread of that app may have made what is missing.
    """
    if isinstance(operation, Opaque):
        return with_opaque(state, app, operation)
    step = STEPS.get(operation.kind)
    if step is None:
        return with_opaque(
            state, app, Opaque(f"{operation.kind} is not known", str(operation), operation.span)
        )
    try:
        return step(state, app, operation)
    except UnreadName as error:
        return with_opaque(state, app, Opaque(str(error.problem), str(operation), operation.span))
    except InconsistentState as error:
        if app in state.opaque_apps:
            reason = f"{error.problem}; an unreadable operation before it may have created it"
            return with_opaque(state, app, Opaque(reason, str(operation), operation.span))
        raise InconsistentState(error.problem, operation=summary(operation)) from error


def separate(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    """SeparateDatabaseAndState: the state's half alone."""
    for inner in operation.state:
        state = apply_operation(state, app, inner)
    return state


def run_sql(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    """RunSQL: its `state_operations`."""
    said = operation.argument("state_operations")
    if said is not None and said != NONE and not operation.state and said != Items("list", ()):
        return with_opaque(state, app, unread(operation, "state_operations", said))
    return separate(state, app, operation)


def nothing(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    return state


EXTENSIONS = (
    "CreateExtension", "BloomExtension", "BtreeGinExtension", "BtreeGistExtension", "CITextExtension",
    "CryptoExtension", "HStoreExtension", "TrigramExtension", "UnaccentExtension",
)  # fmt: skip

STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "CreateModel": create_model,
        "DeleteModel": delete_model,
        "RenameModel": rename_model,
        "AlterModelTable": set_option("db_table", "table"),
        "AlterModelTableComment": set_option("db_table_comment", "table_comment"),
        "AlterUniqueTogether": alter_together("unique_together"),
        "AlterIndexTogether": alter_together("index_together"),
        "AlterOrderWithRespectTo": set_option("order_with_respect_to", "order_with_respect_to"),
        "AlterModelOptions": alter_options,
        "AlterModelManagers": alter_managers,
        "AddField": add_field,
        "AlterField": alter_field,
        "RemoveField": remove_field,
        "RenameField": rename_field,
        "AddIndex": add_index,
        "AddIndexConcurrently": add_index,
        "RemoveIndex": remove_index,
        "RemoveIndexConcurrently": remove_index,
        "RenameIndex": rename_index,
        "AddConstraint": add_constraint,
        "AddConstraintNotValid": add_constraint,
        "RemoveConstraint": remove_constraint,
        "AlterConstraint": alter_constraint,
        "ValidateConstraint": nothing,
        "CreateCollation": nothing,
        "RemoveCollation": nothing,
        "RunPython": nothing,
        "RunSQL": run_sql,
        "SeparateDatabaseAndState": separate,
        **dict.fromkeys(EXTENSIONS, nothing),
    }
)
