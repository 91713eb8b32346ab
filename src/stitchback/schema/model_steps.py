"""`state_forwards` of the operations on a model and its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import NONE
from stitchback.schema.changes import model_of, with_model, without_model, without_options
from stitchback.schema.models import created_model, dictionary_of, managers_of, with_options, with_together
from stitchback.schema.naming import model_key, needed
from stitchback.schema.needs import require_order
from stitchback.schema.problems import InconsistentState
from stitchback.schema.references import model_renamed

Step = Callable[[SchemaState, str, Operation], SchemaState]


ALTER_OPTION_KEYS = frozenset(
    {
        "base_manager_name", "default_manager_name", "default_related_name", "get_latest_by", "managed", "ordering",
        "permissions", "default_permissions", "select_on_save", "verbose_name", "verbose_name_plural",
    }
)  # fmt: skip


def create_model(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    name = needed(operation, "name")
    if operation.conditional and ModelKey.of(app, name) in state.models:
        return state
    model = created_model(operation, app, state.field_bases, state.field_names)
    return rendered(with_model(state, model), model)


def rendered(state: SchemaState, model: ModelState) -> SchemaState:
    """The state with that model in it, as Django makes its class. Raises InconsistentState."""
    require_order(state, model)
    return state


def delete_model(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    key = model_key(operation, app)
    if operation.conditional and key not in state.models:
        return state
    model_of(state, key)
    return without_model(state, key)


def rename_model(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    old, new = needed(operation, "old_name"), needed(operation, "new_name")
    before, after = ModelKey.of(app, old), ModelKey.of(app, new)
    if operation.conditional and before not in state.models:
        return state
    model_of(state, before)
    if before == after:  # `ProjectState.rename_model` removes the old key, which is the new one (KeyError)
        raise InconsistentState(Problem.of(ProblemKind.CASE_RENAMED, before))
    return model_renamed(state, before, after, new)


def alter_options(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app))
    options, opaque = dictionary_of(operation, operation.argument("options"))
    dropped = ALTER_OPTION_KEYS - frozenset(options) if not opaque else frozenset()
    model = replace(model, options=without_options(model.options, dropped), opaque=(*model.opaque, *opaque))
    return with_model(state, with_options(model, options))


def set_option(option: str, argument: str) -> Step:
    """An operation that sets one Meta option to one of its arguments."""

    def step(state: SchemaState, app: str, operation: Operation) -> SchemaState:
        model = model_of(state, model_key(operation, app))
        changed = with_options(model, {option: operation.argument(argument) or NONE})
        return rendered(with_model(state, changed), changed)

    return step


def alter_together(option: str) -> Step:
    def step(state: SchemaState, app: str, operation: Operation) -> SchemaState:
        model = model_of(state, model_key(operation, app))
        return with_model(state, with_together(model, option, operation.argument(option)))

    return step


def alter_managers(state: SchemaState, app: str, operation: Operation) -> SchemaState:
    model = model_of(state, model_key(operation, app))
    return with_model(state, replace(model, managers=managers_of(operation.argument("managers"))))
