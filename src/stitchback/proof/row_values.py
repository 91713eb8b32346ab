"""Checks that columns which a plan adds, or alters to NOT NULL, get a value for existing rows: that of the branch which created the column."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.engine import EngineCache
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import TRUE, Call
from stitchback.operations.applying import apply_operation
from stitchback.operations.named_models import column_operations, default_of, subject
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.inserting import lacks_row_value
from stitchback.schema.labels import string

Column = tuple[str, ModelKey | None, str | None]  # the operation's kind, the model, the field


def rows_without_value(result: Tree, situation: Situation, memory: EngineCache) -> Iterator[Problem]:
    """The operations that would fail on a database with rows and that no branch has in its own migrations."""
    trees = (situation.mainline, *(patch.tree for patch in situation.patches))
    same = {id(migration) for tree in trees for migration in tree.migrations.values()}
    written = {
        key
        for key, migration in result.migrations.items()
        if id(migration) not in same and any(_candidates(migration))
    }
    if not written:
        return
    own = {
        _column(operation, key.app)
        for tree in trees
        for key, migration in tree.migrations.items()
        for operation in _candidates(migration)
    }
    for migration, before in _states(result, written, memory):
        for operation, field in _lacking(migration, before):
            if _column(operation, migration.key.app) not in own:
                name = string(operation.argument("name"))
                verb = "adds" if operation.kind == "AddField" else "alters"
                said = (
                    f"{migration.key} {verb} the column {subject(operation, migration.key.app)}.{name} to NOT NULL "
                    f"without a value for the rows that are there ({field.path.rpartition('.')[2]} without a default)"
                )
                column = _column(operation, migration.key.app)
                yield Problem(ProblemKind.ROWS_NEED_VALUE, (migration.key, *column), said)


def _candidates(migration: Migration) -> Iterator[Operation]:
    for operation in column_operations(migration.operations):
        field = operation.argument("field")
        if isinstance(field, Call) and field.kwarg("null") != TRUE and default_of(operation) is None:
            yield operation


def _column(operation: Operation, app: str) -> Column:
    return operation.kind, subject(operation, app), string(operation.argument("name"))


def _states(
    tree: Tree, keys: set[MigrationKey], memory: EngineCache
) -> Iterator[tuple[Migration, SchemaState]]:
    """Those migrations, with the state before each. Ends if the operations do not fit the models: the engine reports that."""
    token = 0
    for key in MigrationGraph.of(tree).order():
        try:
            after = memory.migration_effect(token, tree.migrations[key]).after
        except InconsistentState:
            return
        if key in keys:
            yield tree.migrations[key], memory.states[token]
        token = after


def _lacking(migration: Migration, state: SchemaState) -> Iterator[tuple[Operation, Field]]:
    app = migration.key.app
    for operation in migration.operations:
        after = apply_operation(state, app, operation)
        if isinstance(operation, Opaque):
            return
        for inner in column_operations((operation,)):
            name = string(inner.argument("name")) or ""
            model = subject(inner, app)
            old, new = (_field(each, model, name) for each in (state, after))
            if new is None or not lacks_row_value(new, default_of(inner)):
                continue
            if inner.kind == "AddField" or (old is not None and old.argument("null") == TRUE):
                yield inner, new
        state = after


def _field(state: SchemaState, model: ModelKey | None, name: str) -> Field | None:
    owner = state.models.get(model) if model else None
    field = owner.field(name) if owner else None
    return field if isinstance(field, Field) else None
