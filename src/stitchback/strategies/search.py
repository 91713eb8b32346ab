"""Candidates: for each unit, the proposal of one of the strategies that fit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from stitchback.matching.case import Case, Side, Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.choices import Choice, WantedStrategies
from stitchback.strategies.draft import Draft
from stitchback.strategies.strategy import Strategy

MOST_MIXED = 64  # how many mixtures of strategies, app by app, are put together at the most


@dataclass(frozen=True, slots=True)
class Composition:
    """A candidate and the strategies that led to it."""

    choice: Choice
    candidate: Candidate


def compose(case: Case, order: Sequence[Strategy], only: str | None = None) -> Iterator[Candidate]:
    """The candidates of one strategy for all apps, then those of mixtures app by app. `only`: as `--strategy` takes it."""
    wanted = WantedStrategies.parse(only)
    choices = (*uniform(case, order, wanted), *(mixtures(case, order, wanted) or ()))
    return (each.candidate for each in compositions(case, order, wanted, choices))


def compositions(
    case: Case, order: Sequence[Strategy], wanted: WantedStrategies, choices: Iterable[Choice]
) -> Iterator[Composition]:
    """Candidates that differ, one for a choice at the most.

    A unit that the chosen strategy does not fit gets the proposal of the first of `order` that fits. `wanted` restricts the choices; if it fits
    nothing, a tree that needs no edit is still a plan, because the strategy may have been applied already. A tree that was reconciled before is
    tried without changes first. If a strategy does not fit, several choices result in the same draft, which is finished once: that is expensive.
    """
    as_it_is = _as_it_is(case)
    seen: list[Candidate] = []
    drafts: list[Draft] = []
    if as_it_is is not None:
        seen.append(as_it_is)
        yield Composition({}, as_it_is)
    for choice in choices:
        draft = _composed(case, order, choice, wanted)
        if draft is None or draft in drafts:
            continue
        drafts.append(draft)
        candidate = finish(draft, case)
        if candidate is not None and all(candidate.edits != other.edits for other in seen):
            seen.append(candidate)
            yield Composition(choice, candidate)
    if wanted.names and not seen:
        free = WantedStrategies()
        found = compositions(case, order, free, uniform(case, order, free))
        yield from (each for each in found if not each.candidate.edits)


def _as_it_is(case: Case) -> Candidate | None:
    """Mainline unchanged, if it was reconciled with each branch before and has a file for each name that is left."""
    mainline = case.mainline
    sides = [side for side in case.sides if side.units]
    if not sides or not all(_was_reconciled(side, mainline) for side in sides):
        return None
    if any(unit.key not in mainline.migrations for unit in case.units):
        return None
    draft = Draft(case.mainline)
    for unit in case.units:
        draft = draft.with_replacement(unit.key, unit.key)
    candidate = finish(draft, case)
    return candidate if candidate is not None and not candidate.edits else None


def _was_reconciled(side: Side, mainline: Tree) -> bool:
    """Whether a `# stitchback:` comment in mainline's files, or a `replaces`, names a migration of the branch."""
    names = {str(migration.key) for migration in side.sides.patch_all}
    lines = (line for migration in mainline.migrations.values() for line in migration.provenance)
    return bool(side.sides.known) or any(not names.isdisjoint(line.split(" ")) for line in lines)


def unplaced(case: Case, order: Sequence[Strategy]) -> tuple[MigrationKey, ...]:
    """The patch migrations that no strategy fits; all others get the proposal of the first strategy that fits."""
    draft = Draft(case.mainline)
    missing: dict[MigrationKey, None] = {}
    for unit in case.units:
        proposed = _first_that_fits(draft, unit, order)
        if proposed is None:
            missing[unit.key] = None
        else:
            draft = proposed
    return tuple(missing)


def uniform(case: Case, order: Sequence[Strategy], wanted: WantedStrategies) -> Iterator[Choice]:
    """One strategy for all apps where it is allowed. One empty choice if nothing has to be reconciled."""
    if not case.units:
        yield {}
    allowed = {unit.key.app: wanted.allowed(unit.key.app, order) for unit in case.units}
    for strategy in order:
        if any(strategy in strategies for strategies in allowed.values()):
            yield {app: strategy if strategy in each else each[0] for app, each in sorted(allowed.items())}


def mixtures(case: Case, order: Sequence[Strategy], wanted: WantedStrategies) -> tuple[Choice, ...] | None:
    """All mixtures of the strategies that fit, app by app; None if there are too many."""
    apps = sorted({unit.key.app for unit in case.units})
    if len(apps) < 2:
        return ()
    fitting = _fitting(case, order, wanted)
    if prod(map(len, fitting.values())) > MOST_MIXED:
        return None
    combinations = product(*(fitting[app] for app in apps))
    return tuple(dict(zip(apps, each, strict=True)) for each in combinations if len(set(map(id, each))) > 1)


def _fitting(
    case: Case, order: Sequence[Strategy], wanted: WantedStrategies
) -> Mapping[str, tuple[Strategy, ...]]:
    """For each app, the allowed strategies that fit one of its migrations; at least one."""
    found: dict[str, dict[Strategy, None]] = {unit.key.app: {} for unit in case.units}
    for strategy in order:
        draft = Draft(case.mainline)
        for unit in case.units:
            proposed = strategy.propose(draft, unit)
            if proposed is not None and strategy in wanted.allowed(unit.key.app, order):
                found[unit.key.app][strategy] = None
            draft = proposed or _first_that_fits(draft, unit, order) or draft
    return {app: tuple(fits) or wanted.allowed(app, order)[:1] for app, fits in found.items()}


def _composed(
    case: Case, order: Sequence[Strategy], choice: Choice, wanted: WantedStrategies
) -> Draft | None:
    draft = Draft(case.mainline)
    chosen: set[str] = set()
    done: set[MigrationKey] = set()
    for unit in case.units:
        if unit.key in done:
            continue  # two patch branches with the same migration
        proposed = choice[unit.key.app].propose(draft, unit)
        if proposed is not None:
            chosen.add(unit.key.app)
        proposed = proposed or _first_that_fits(draft, unit, order)
        if proposed is None:
            return None
        draft = proposed
        done.add(unit.key)
    return draft if wanted.is_met(chosen) else None


def _first_that_fits(draft: Draft, unit: Unit, order: Sequence[Strategy]) -> Draft | None:
    return next(
        (proposed for strategy in order if (proposed := strategy.propose(draft, unit)) is not None),
        None,
    )
