"""Which models an operation reads: what it does to a state is the same in every state that has those as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import ModelKey
from stitchback.model.state import ModelState

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
