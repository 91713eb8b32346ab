"""Groups populations with the same needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stitchback.model.forgotten_steps import Forgotten
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import PopulationOutcome

Keys = tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class PopulationGroup:
    """Databases of one lineage and ref that need the same rows. `since`: a migration that all of them have applied, and none of those that need fewer
    rows; `before`: one that none of them has applied, and all of those that need more."""

    outcomes: tuple[PopulationOutcome, ...]
    since: MigrationKey | None = None
    before: MigrationKey | None = None

    @property
    def inserts(self) -> Keys:
        return self.outcomes[0].inserts

    @property
    def forgotten(self) -> tuple[Forgotten, ...]:
        """The results without the rows, each once."""
        found = (outcome.forgotten for outcome in self.outcomes)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    @property
    def kinds(self) -> int:
        return len(self.outcomes)

    @property
    def title(self) -> str:
        """ "main with shop.0004_colors"; the population's own name if it is the only one."""
        first = self.outcomes[0].population
        if self.kinds == 1:
            return first.name
        limits = (f"with {self.since}" if self.since else "", f"without {self.before}" if self.before else "")
        return " ".join((first.ref or first.name, ", ".join(filter(None, limits)))).rstrip()


def groups(outcomes: Iterable[PopulationOutcome]) -> tuple[PopulationGroup, ...]:
    """The groups, ordered by their first population."""
    found: dict[tuple[str, str, Keys], list[PopulationOutcome]] = {}
    for outcome in outcomes:
        population = outcome.population
        found.setdefault((population.lineage, population.ref, outcome.inserts), []).append(outcome)
    return tuple(
        _group(mine, [many for other, many in found.items() if other[:2] == key[:2] and other != key])
        for key, mine in found.items()
    )


def _group(
    mine: Sequence[PopulationOutcome], others: Sequence[Sequence[PopulationOutcome]]
) -> PopulationGroup:
    """`others`: the groups of the same lineage and ref."""
    needs = set(mine[0].inserts)
    less = [outcome for many in others if set(many[0].inserts) < needs for outcome in many]
    more = [outcome for many in others if set(many[0].inserts) > needs for outcome in many]
    since = _are_distinguished(mine, less) if less else None
    return PopulationGroup(tuple(mine), since, _are_distinguished(more, mine) if more else None)


def _are_distinguished(
    these: Sequence[PopulationOutcome], those: Sequence[PopulationOutcome]
) -> MigrationKey | None:
    """The first migration that all of these have applied and none of those."""
    first, *more = (outcome.population.ledger for outcome in these)
    left = set(first).difference(*(outcome.population.ledger for outcome in those)).intersection(*more)
    return next((key for key in first if key in left), None)
