"""Candidates: every unit treated by one of the strategies that fit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from stitchback.matching.case import Case, Side, Unit
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.draft import Draft
from stitchback.strategies.strategy import Strategy

MOST_MIXED = 64  # how many mixtures of strategies, app by app, are put together at the most


def compose(case: Case, order: Sequence[Strategy], only: str | None = None) -> Iterator[Candidate]:
    """Candidates that differ, those of one strategy for all apps first, then mixtures app by app.

    A unit that the strategy does not fit is treated by the first of `order` that does. With `only`, that strategy alone leads;
    where it fits nothing, a tree that needs no edit stays a plan: so it is when the strategy has been applied already.
    A tree that was reconciled before is tried as it is first. Where a strategy does not fit, several choices come to the same draft, which
    is finished once: that is the expensive part.
    """
    as_it_is = _as_it_is(case)
    seen: list[Candidate] = []
    drafts: list[Draft] = []
    if as_it_is is not None:
        seen.append(as_it_is)
        yield as_it_is
    leading = [strategy for strategy in order if only in (None, strategy.name)]
    for choice in _choices(case, leading):
        draft = _composed(case, order, choice, only)
        if draft is None or draft in drafts:
            continue
        drafts.append(draft)
        candidate = finish(draft, case)
        if candidate is not None and all(candidate.edits != other.edits for other in seen):
            seen.append(candidate)
            yield candidate
    if only is not None and not seen:
        yield from (candidate for candidate in compose(case, order) if not candidate.edits)


def _as_it_is(case: Case) -> Candidate | None:
    """Mainline unchanged, where it was reconciled with each branch before and has a file for each name that is left."""
    mainline = case.situation.mainline
    sides = [side for side in case.sides if side.units]
    if not sides or not all(_was_reconciled(side, mainline) for side in sides):
        return None
    if any(unit.key not in mainline.migrations for unit in case.units):
        return None
    draft = Draft(case.situation.mainline)
    for unit in case.units:
        draft = draft.with_replacement(unit.key, unit.key)
    candidate = finish(draft, case)
    return candidate if candidate is not None and not candidate.edits else None


def _was_reconciled(side: Side, mainline: Tree) -> bool:
    """Whether a comment of the tool's own in mainline's files names a migration of the branch, or a `replaces` does."""
    names = {str(migration.key) for migration in side.sides.patch_all}
    lines = (line for migration in mainline.migrations.values() for line in migration.provenance)
    return bool(side.sides.known) or any(not names.isdisjoint(line.split(" ")) for line in lines)


def unplaced(case: Case, order: Sequence[Strategy]) -> tuple[MigrationKey, ...]:
    """The patch migrations that none of the strategies fits, all others being treated by the first that does."""
    draft = Draft(case.situation.mainline)
    found: dict[MigrationKey, None] = {}
    for unit in case.units:
        pending_units = _first_that_fits(draft, unit, order)
        if pending_units is None:
            found[unit.key] = None
        else:
            draft = pending_units
    return tuple(found)


def _choices(case: Case, leading: Sequence[Strategy]) -> Iterator[Mapping[str, Strategy]]:
    apps = sorted({unit.key.app for unit in case.units})
    for strategy in leading:
        yield dict.fromkeys(apps, strategy)
    if len(apps) < 2 or len(leading) < 2:
        return
    mixed = (
        combination
        for combination in product(leading, repeat=len(apps))
        if len(set(map(id, combination))) > 1
    )
    for _, combination in zip(range(MOST_MIXED), mixed, strict=False):
        yield dict(zip(apps, combination, strict=True))


def _composed(
    case: Case, order: Sequence[Strategy], choice: Mapping[str, Strategy], only: str | None
) -> Draft | None:
    draft = Draft(case.situation.mainline)
    led = False
    done: set[MigrationKey] = set()
    for unit in case.units:
        if unit.key in done:
            continue  # two patch branches with the same migration
        leader = choice[unit.key.app]
        pending_units = leader.propose(draft, unit)
        led = led or pending_units is not None
        pending_units = pending_units or _first_that_fits(draft, unit, order)
        if pending_units is None:
            return None
        draft = pending_units
        done.add(unit.key)
    return draft if only is None or led else None


def _first_that_fits(draft: Draft, unit: Unit, order: Sequence[Strategy]) -> Draft | None:
    return next(
        (pending_units for strategy in order if (pending_units := strategy.propose(draft, unit)) is not None),
        None,
    )
