"""Small changes of a SchemaState, a new value each, and which models an operation reads: what it does is the same in every state that has
those models as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter

from stitchback.model.keys import ModelKey
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import Value
from stitchback.schema.clashes import InconsistentState

Models = Mapping[ModelKey, ModelState]


@dataclass(slots=True)
class ReadModels:
    """`asked`: the models that were asked for by their keys, None where there is none. `all`: whether the operation iterated over all
    of them."""

    asked: dict[ModelKey, ModelState | None] = field(default_factory=dict)
    all: bool = False


class WatchedModels(Models):
    """A state's models, `changed` over those of `base` (None: gone), that note what is asked of `base`."""

    __slots__ = ("base", "changed", "seen")

    def __init__(self, base: Models, seen: ReadModels, changed: Mapping[ModelKey, ModelState | None]) -> None:
        self.base, self.seen, self.changed = base, seen, changed

    def with_change(self, key: ModelKey, model: ModelState | None) -> WatchedModels:
        return WatchedModels(self.base, self.seen, {**self.changed, key: model})

    def found(self, key: ModelKey) -> ModelState | None:
        if key in self.changed:
            return self.changed[key]
        model = self.base.get(key)
        self.seen.asked[key] = model
        return model

    def __getitem__(self, key: ModelKey) -> ModelState:
        model = self.found(key)
        if model is None:
            raise KeyError(key)
        return model

    def __contains__(self, key: object) -> bool:
        return isinstance(key, ModelKey) and self.found(key) is not None

    def __iter__(self) -> Iterator[ModelKey]:
        self.seen.all = True
        return iter(merged(self.base, self.changed))

    def __len__(self) -> int:
        self.seen.all = True
        return len(merged(self.base, self.changed))


def merged(base: Models, changed: Mapping[ModelKey, ModelState | None]) -> dict[ModelKey, ModelState]:
    models = dict(base)
    for key, model in changed.items():
        if model is None:
            models.pop(key, None)
        else:
            models[key] = model
    return models


def with_change(models: Models, key: ModelKey, model: ModelState | None) -> Models:
    """The models with this one in its old place, or at the end; without it where it is None."""
    return (
        models.with_change(key, model) if isinstance(models, WatchedModels) else merged(models, {key: model})
    )


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
