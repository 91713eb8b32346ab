"""RunPython, RunSQL and SeparateDatabaseAndState: what they do is in the code and the operations within them.

Source: `django.db.migrations.operations.special`. `applying` and `database` follow what is within.
"""

from __future__ import annotations

from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState
from stitchback.model.values import NONE, Items
from stitchback.operations.base import MIGRATIONS, NOT_NAMED, ChangedPart, OperationKind, Step
from stitchback.schema.changes import with_opaque
from stitchback.schema.create_model import unread
from stitchback.schema.effects import Effect

DATABASE_OPERATIONS = "database_operations"
STATE_OPERATIONS = "state_operations"
NESTED = (DATABASE_OPERATIONS, STATE_OPERATIONS)


class OfOthers(OperationKind):
    """`Operation.database` and `Operation.state` are the operations within; `code` is what it runs itself."""

    module = MIGRATIONS
    keywords = ()
    model = NOT_NAMED
    field = NOT_NAMED
    table = ""
    part = ChangedPart.WITHIN
    is_index = False
    defines = ()

    @property
    def on_sqlite(self) -> str:
        return self.name

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        return state

    def effects(self, step: Step) -> tuple[Effect, ...]:
        return ()

    template = None


class RunPython(OfOthers):
    parameters = ("code", "reverse_code", "atomic", "hints", "elidable")
    spread = ()
    code = "code"


class RunSQL(OfOthers):
    parameters = ("sql", "reverse_sql", STATE_OPERATIONS, "hints", "elidable")
    spread = ()
    code = "sql"

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        """Its `state_operations` may be anything where they cannot be read."""
        if has_unread_state(operation):
            said = operation.argument(STATE_OPERATIONS)
            return with_opaque(state, app, unread(operation, STATE_OPERATIONS, said))
        return state


class SeparateDatabaseAndState(OfOthers):
    parameters = (DATABASE_OPERATIONS, STATE_OPERATIONS)
    spread = (DATABASE_OPERATIONS, STATE_OPERATIONS)
    code = ""


def has_unread_state(operation: Operation) -> bool:
    """Whether it has `state_operations` that are not a list of operations."""
    said = operation.argument(STATE_OPERATIONS)
    return said not in (None, NONE, Items("list", ())) and not operation.state
