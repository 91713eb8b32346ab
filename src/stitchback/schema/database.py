"""What an operation does to a database: the twin of every operation's `database_forwards`.

Source: `django.db.migrations.operations`, `BaseDatabaseSchemaEditor`. Proxies and unmanaged models give nothing. Where
Django would raise before it touches the database, InconsistentState is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.schema.applying import EXTENSIONS, apply_operation
from stitchback.schema.conditional_effects import CONDITIONAL, conditional
from stitchback.schema.data import data_run, has_code, is_code
from stitchback.schema.definition_effects import (
    add_constraint,
    add_index,
    create_collation,
    create_extension,
    remove_collation,
    remove_constraint,
    remove_index,
    rename_index,
)
from stitchback.schema.effects import Effect, Unknown
from stitchback.schema.field_effects import unread_altered
from stitchback.schema.model_effects import (
    add_field,
    alter_comment,
    alter_field,
    alter_options,
    alter_order,
    alter_table,
    alter_together,
    create_model,
    delete_model,
    remove_field,
    rename_field,
    rename_model,
)
from stitchback.schema.naming import model_key, needed, summary
from stitchback.schema.problems import InconsistentState, UnreadName
from stitchback.schema.references import require_targets
from stitchback.schema.separate_database_and_state import (
    Stated,
    done_by_code,
    done_elsewhere,
    made_by_state,
    moved_away,
)
from stitchback.schema.sqlite_remake import remade

Doing = Callable[[Operation, str, SchemaState, SchemaState], Iterable[Effect]]


def physical_effects(
    operation: Operation | Opaque,
    app: str,
    before: SchemaState,
    after: SchemaState,
    stated: Stated | None = None,
) -> tuple[Effect, ...]:
    """The effects, in order. `before` and `after` are the states around the operation, as Django gives them to `database_forwards`.
    `stated`: what may be done to the state alone (see `halves`), None: anything. Raises InconsistentState."""
    if isinstance(operation, Opaque):
        return (Unknown(operation.source or operation.reason),)
    if operation.kind == "SeparateDatabaseAndState":
        return tuple(separate(operation, app, before, stated))
    if operation.kind == "RunSQL":
        return tuple(run_sql(operation, app, before, stated))
    doing = effect_of(operation)
    if doing is None:
        return (Unknown(str(operation)),)
    try:
        found = tuple(doing(operation, app, before, after))
        if found and not operation.conditional:
            require_related(operation, app, before, after)
    except UnreadName:
        return (Unknown(str(operation)),)
    except InconsistentState as error:
        if app in before.opaque_apps or app in after.opaque_apps:
            return (Unknown(str(operation)), *altered_unseen(operation, app, before, after))
        raise InconsistentState(error.problem, operation=summary(operation)) from error
    done = tuple(conditional(effect) for effect in found) if operation.conditional else found
    return (*done, *remade(operation, app, before, after, done))


def require_related(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> None:
    """The models that the operation's own fields refer to. Raises InconsistentState."""
    match operation.kind:
        case "CreateModel":
            model = after.models.get(model_key(operation, app, "name"))
            if model is not None:
                require_targets(after, model, model.fields)
        case "AddField" | "AlterField" | "RemoveField":
            key, name = model_key(operation, app, "model_name"), needed(operation, "name")
            for state in (before, after):
                model = state.models.get(key)
                field = model.field(name) if model is not None else None
                if model is not None and field is not None:
                    require_targets(after, model, ((name, field),))


def altered_unseen(
    operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Effect]:
    """The column that an operation alters and none is known to have made: one that cannot be read made it, so it is there from now on."""
    if operation.kind == "AlterField":
        key, name = model_key(operation, app, "model_name"), needed(operation, "name")
        source, target = before.models.get(key), after.models.get(key)
        if source is not None and target is not None:
            yield from unread_altered(source, after, target, name)


def effect_of(operation: Operation) -> Doing | None:
    plain = EFFECTS_OF.get(operation.kind)
    return CONDITIONAL.get(operation.kind, plain) if operation.conditional else plain


def separate(operation: Operation, app: str, before: SchemaState, stated: Stated | None) -> Iterator[Effect]:
    """The database's half, then what the state's half takes to be done (see `halves`)."""
    done, supposed = moved_away(
        tuple(half(operation.database, app, before, stated)),
        tuple(state_part(operation, app, before, stated)),
    )
    yield from done
    if has_code(operation.database):
        yield from done_by_code(supposed, done, operation.database)
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


def run_python(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> Iterator[Effect]:
    yield data_run(operation)


def run_sql(operation: Operation, app: str, before: SchemaState, stated: Stated | None) -> Iterator[Effect]:
    """The SQL, and what its `state_operations` say that it does."""
    yield data_run(operation)
    supposed = state_part(operation, app, before, stated)
    yield from (
        done_by_code(supposed, (), (operation,)) if is_code(operation) else done_elsewhere(supposed, ())
    )


def nothing(operation: Operation, app: str, before: SchemaState, after: SchemaState) -> tuple[Effect, ...]:
    return ()


EFFECTS_OF: Mapping[str, Doing] = MappingProxyType(
    {
        "CreateModel": create_model,
        "DeleteModel": delete_model,
        "RenameModel": rename_model,
        "AlterModelTable": alter_table,
        "AlterModelTableComment": alter_comment,
        "AlterUniqueTogether": alter_together,
        "AlterIndexTogether": alter_together,
        "AlterOrderWithRespectTo": alter_order,
        "AlterModelOptions": alter_options,
        "AlterModelManagers": nothing,
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
        "AlterConstraint": nothing,
        "ValidateConstraint": nothing,
        "CreateCollation": create_collation,
        "RemoveCollation": remove_collation,
        "RunPython": run_python,
        **dict.fromkeys(EXTENSIONS, create_extension),
    }
)
