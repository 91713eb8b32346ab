"""Groups populations with the same needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.plans import CandidateReach, FinishFirst, Forgotten, Population, PopulationOutcome

Keys = tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True)
class PopulationGroup:
    """Databases of one lineage and ref that need the same manual step. `since`: a migration that all of them have applied, and none of those that need
    less; `before`: one that none of them has applied, and all of those that need more, or less."""

    outcomes: tuple[PopulationOutcome, ...]
    since: MigrationKey | None = None
    before: MigrationKey | None = None

    @property
    def inserts(self) -> Keys:
        return self.outcomes[0].inserts

    @property
    def finish(self) -> FinishFirst | None:
        return self.outcomes[0].finish

    @property
    def needs_manual_step(self) -> bool:
        return self.outcomes[0].needs_manual_step

    @property
    def forgotten(self) -> tuple[Forgotten, ...]:
        """The results without the manual step, each once."""
        found = (outcome.forgotten for outcome in self.outcomes)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    @property
    def kinds(self) -> int:
        return len(self.outcomes)

    @property
    def title(self) -> str:
        """ "main with shop.0004_colors applied"; the population's own name if it is the only one."""
        return _title([outcome.population for outcome in self.outcomes], self.since, self.before)


def _title(populations: Sequence[Population], since: MigrationKey | None, before: MigrationKey | None) -> str:
    first = populations[0]
    if len(populations) == 1:
        return first.name
    limits = (f"with {since} applied" if since else "", f"without {before}" if before else "")
    return " ".join((first.ref or first.name, ", ".join(filter(None, limits)))).rstrip()


def works_for(reach: CandidateReach) -> tuple[str, ...]:
    """The titles of the databases that the plan works for: those of one ref in one, with their number."""
    return tuple(_titles(reach.works, reach.fails))


def fails_for(reach: CandidateReach) -> tuple[str, ...]:
    """The titles of the databases that the plan fails for."""
    return tuple(_titles(reach.fails, reach.works))


def _titles(these: Sequence[Population], those: Sequence[Population]) -> Iterator[str]:
    found: dict[tuple[str, str], list[Population]] = {}
    for population in these:
        found.setdefault((population.lineage, population.ref), []).append(population)
    for key, mine in found.items():
        others = [population for population in those if (population.lineage, population.ref) == key]
        since = _are_distinguished(mine, others) if others else None
        before = _are_distinguished(others, mine) if others else None
        kinds = f" ({len(mine)} kinds of database)" if len(mine) > 1 else ""
        if others and kinds and since is before is None:
            kinds = f" ({len(mine)} of {len(mine) + len(others)} kinds of database)"
        yield f"{_title(mine, since, before)}{kinds}"


def groups(outcomes: Iterable[PopulationOutcome]) -> tuple[PopulationGroup, ...]:
    """The groups, ordered by their first population."""
    found: dict[tuple[str, str, Keys, FinishFirst | None], list[PopulationOutcome]] = {}
    for outcome in outcomes:
        population = outcome.population
        key = population.lineage, population.ref, outcome.inserts, outcome.finish
        found.setdefault(key, []).append(outcome)
    return tuple(
        _group(mine, [many for other, many in found.items() if other[:2] == key[:2] and other != key])
        for key, mine in found.items()
    )


def _group(
    mine: Sequence[PopulationOutcome], others: Sequence[Sequence[PopulationOutcome]]
) -> PopulationGroup:
    """`others`: the groups of the same lineage and ref."""
    needs = _needs(mine[0])
    less = [outcome.population for many in others if _needs(many[0]) < needs for outcome in many]
    more = [outcome.population for many in others if _needs(many[0]) > needs for outcome in many]
    populations = [outcome.population for outcome in mine]
    since = _are_distinguished(populations, less) if less else None
    before = _are_distinguished(more, populations) if more else None
    if less and since is None and before is None:
        before = _are_distinguished(less, populations)
    return PopulationGroup(tuple(mine), since, before)


def _needs(outcome: PopulationOutcome) -> set[object]:
    return {*outcome.inserts, *((outcome.finish,) if outcome.finish else ())}


def _are_distinguished(these: Sequence[Population], those: Sequence[Population]) -> MigrationKey | None:
    """The first migration that all of these have applied and none of those."""
    first, *more = (population.ledger for population in these)
    left = set(first).difference(*(population.ledger for population in those)).intersection(*more)
    return next((key for key in first if key in left), None)
