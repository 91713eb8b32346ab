"""Which strategy leads in which app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stitchback.strategies.strategy import Strategy

Choice = Mapping[str, Strategy]  # app label -> the strategy that is tried first for its migrations


@dataclass(frozen=True, slots=True)
class WantedStrategies:
    """`--strategy`: a name for all apps (None: any), and names for single apps, which take precedence."""

    every: str | None = None
    by_app: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> WantedStrategies:
        """From "diamond", "shop=diamond,billing=guard" or None."""
        words = [word.strip() for word in (text or "").split(",") if word.strip()]
        pairs = [(app.strip(), name.strip()) for app, sign, name in (w.partition("=") for w in words) if sign]
        plain = [word for word in words if "=" not in word]
        return cls(plain[-1] if plain else None, dict(pairs))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*([self.every] if self.every else []), *self.by_app.values())))

    def allowed(self, app: str, order: Sequence[Strategy]) -> tuple[Strategy, ...]:
        """Those of `order` that may lead in the app."""
        wanted = self.by_app.get(app, self.every)
        return tuple(strategy for strategy in order if wanted in (None, strategy.name))

    def is_met(self, chosen: Iterable[str]) -> bool:
        """Whether each wanted strategy is used where it is wanted. `chosen`: apps with a migration that the chosen strategy fits."""
        apps = frozenset(chosen)
        return apps.issuperset(self.by_app) and (self.every is None or bool(apps - self.by_app.keys()))


def written(choice: Choice) -> str:
    """The choice as `--strategy` takes it."""
    names = {strategy.name for strategy in choice.values()}
    if len(names) == 1:
        return names.pop()
    return ",".join(f"{app}={strategy.name}" for app, strategy in sorted(choice.items()))
