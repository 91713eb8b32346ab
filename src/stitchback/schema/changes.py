"""Small changes of a SchemaState: a new value each, nothing scanned that need not be."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

from stitchback.model.keys import ModelKey
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Value
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.state_dependencies import with_change

Pairs = tuple[tuple[str, Value], ...]


def with_model(state: SchemaState, model: ModelState) -> SchemaState:
    return _with(state, model.key, model)


def without_model(state: SchemaState, key: ModelKey) -> SchemaState:
    return _with(state, key, None)


def _with(state: SchemaState, key: ModelKey, model: ModelState | None) -> SchemaState:
    return state.with_models(with_change(state.models, key, model))


def with_opaque(state: SchemaState, app: str, *opaque: Opaque) -> SchemaState:
    """The state marked: anything of that app may be otherwise."""
    if not opaque:
        return state
    return replace(state, opaque=(*state.opaque, *opaque), opaque_apps=state.opaque_apps | {app})


def model_of(state: SchemaState, key: ModelKey) -> ModelState:
    """Raises InconsistentState where the state has no such model."""
    model = state.models.get(key)
    if model is None:
        raise InconsistentState(Problem.of(ProblemKind.NO_MODEL, key))
    return model


def put(
    pairs: tuple[tuple[str, Field | Opaque], ...], pair: tuple[str, Field | Opaque]
) -> tuple[tuple[str, Field | Opaque], ...]:
    """The fields with this one in its old place, or at the end, as a dict does."""
    names = list(
        map(itemgetter(0), pairs)
    )  # a loop in Python took seconds for a migration of some thousand fields
    if pair[0] not in names:
        return (*pairs, pair)
    place = names.index(pair[0])
    return (*pairs[:place], pair, *pairs[place + 1 :])


def take(pairs: tuple[tuple[str, Field | Opaque], ...], name: str) -> tuple[tuple[str, Field | Opaque], ...]:
    return tuple((key, field) for key, field in pairs if key != name)


def without_options(options: Pairs, names: frozenset[str]) -> Pairs:
    return tuple((key, value) for key, value in options if key not in names)
