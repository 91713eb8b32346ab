"""Plans the migrations of each app alone, as if the patch branches had no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stitchback.matching.build_case import part_of, parts_of
from stitchback.matching.case import Case
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning.prices import price
from stitchback.strategies import Strategy
from stitchback.strategies.choices import Choice, WantedStrategies
from stitchback.strategies.search import Composition, compositions, mixtures, uniform

Prove = Callable[[Candidate, Situation], SafePlan | Refuted]


@dataclass(frozen=True, slots=True)
class PlannedAlone:
    """For each part of a case, the apps whose migrations depend on each other, the cheapest plan that is proved; None where none is."""

    plans: Mapping[tuple[str, ...], Composition | None]

    @property
    def choice(self) -> Choice | None:
        """The strategies of all of these plans; None if a part has none."""
        choice: dict[str, Strategy] = {}
        for apps, found in self.plans.items():
            if found is None:
                return None
            choice |= {app: found.choice[app] for app in apps if app in found.choice}
        return choice


def planned_alone(
    case: Case, prove: Prove, order: Sequence[Strategy], wanted: WantedStrategies
) -> PlannedAlone:
    parts = parts_of(case)
    if len(parts) < 2:
        return PlannedAlone({})
    return PlannedAlone({apps: _cheapest(part_of(case, apps), prove, order, wanted) for apps in parts})


def _cheapest(
    part: Case, prove: Prove, order: Sequence[Strategy], wanted: WantedStrategies
) -> Composition | None:
    choices = (*uniform(part, order, wanted), *(mixtures(part, order, wanted) or ()))
    found = sorted(compositions(part, order, wanted, choices), key=lambda each: price(each.candidate))
    return next((each for each in found if isinstance(prove(each.candidate, part.situation), SafePlan)), None)
