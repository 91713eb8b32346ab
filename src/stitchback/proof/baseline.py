"""The failures of unchanged mainline: no plan has to correct them, and none is refused because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stitchback.engine import DatabaseId
from stitchback.engine.rollouts import Rollouts, UpgradeFailure
from stitchback.model.plans import BrokenOnMainline, FailureKind, Population
from stitchback.proof.applied_sets import Keys
from stitchback.proof.context import ProofContext
from stitchback.upgrades.baseline import Baseline
from stitchback.upgrades.histories import WITHOUT_PATCH
from stitchback.upgrades.paths import MIGRATE, UpgradeStep

Failed = tuple[Population, UpgradeFailure]


class BaselineFailures(Baseline[DatabaseId, Failed]):
    """Failures that mainline has even without the plan: the same upgrade steps with mainline's tree result in the same failure. If mainline lacks the
    migration of a step (the plan writes it), a step without migrations replaces it: Django records squashes even so. Repairs are left out. A database
    of the patch branch cannot be migrated with mainline alone: there it is enough that one without the patch has the same failure."""

    def __init__(self, proof_context: ProofContext, matters: Keys | None) -> None:
        self._context = proof_context
        self._matters = matters
        self._known: set[FailureKind] = set()
        self._first: dict[FailureKind, UpgradeFailure] = {}
        self._met: dict[tuple[str, FailureKind | None], BrokenOnMainline] = {}

    def has(self, population: Population, start: DatabaseId, trouble: UpgradeFailure) -> bool:
        """Whether mainline has the failure too. `start`: the simulated database of the population."""
        is_known = population.lineage not in WITHOUT_PATCH and trouble.kind in self._known
        if not is_known and not self.reproduces((population, trouble), self._starts(population, start)):
            return False
        self._known.add(trouble.kind)
        place = (population.name, None) if plainly(trouble) else ("", trouble.kind)
        self._met.setdefault(place, broken_on_mainline(population, trouble))
        self._first.setdefault(trouble.kind, trouble)
        return True

    def report_for(self, population: Population, place: DatabaseId, rollouts: Rollouts) -> None:
        """Also reports the failures that a database of the patch branch shares with others: its states were judged there."""
        for kind, trouble in self._first.items():
            reached = rollouts.follow(place, tuple(trouble.path))
            if reached is None or plainly(trouble) or trouble.did[0] != MIGRATE:
                continue
            if any(kind == other.kind for other in rollouts.whole(reached)):
                self._met.setdefault((population.name, kind), broken_on_mainline(population, trouble))

    def is_without_the_patch(
        self, trouble: UpgradeFailure, population: Population, start: DatabaseId
    ) -> bool:
        """Whether the patch is irrelevant to a failure of a plain migrate on a database of the patch branch."""
        return plainly(trouble) and self.reproduces((population, trouble), self._starts(population, start))

    def identity(self, failure: Failed) -> FailureKind:
        return failure[1].kind

    def fails_with(self, failure: Failed, start: DatabaseId) -> list[FailureKind]:
        population, trouble = failure
        untouched = self._context.untouched(self._matters, population)
        if untouched is None:
            return []
        path = (self._there(step, untouched) for step in trouble.path if not step.repair)
        reached = untouched.follow(start, path)
        if reached is None:
            return []
        look = untouched.whole if trouble.did[0] == MIGRATE else untouched.upgrade_failures_at
        return [other.kind for other in look(reached)]

    def _starts(self, population: Population, start: DatabaseId) -> Sequence[DatabaseId]:
        return self._context.simulated_databases(self._matters).without_patch(population, start)

    def _there(self, act: UpgradeStep, untouched: Rollouts) -> UpgradeStep:
        files = self._context.situation.mainline.migrations
        app, name = act.target or ("", "")
        runs_none = name is None and all(key.app != app for key in files)
        unknown = act.migration is not None and act.migration not in files
        return UpgradeStep((untouched.bystander, None)) if runs_none or unknown else act

    @property
    def met(self) -> tuple[BrokenOnMainline, ...]:
        """Every population for which a plain migrate fails, and the first of each other kind of failure."""
        at_once = {(each.population, each.problem) for each in self._met.values() if not each.acts}
        return tuple(
            each
            for each in self._met.values()
            if not each.acts or (each.population, each.problem) not in at_once
        )


def plainly(trouble: UpgradeFailure) -> bool:
    """Whether a plain migrate alone results in the failure."""
    return not trouble.path and trouble.did == (MIGRATE,)


def broken_on_mainline(population: Population, trouble: UpgradeFailure) -> BrokenOnMainline:
    said, _, _ = trouble.problem.message.partition(
        "\n"
    )  # Django's further lines are advice for another situation
    at = trouble.error.at if trouble.error else None
    named = (each.migration for each in reversed(trouble.path))
    return BrokenOnMainline(
        population.name,
        replace(trouble.problem, message=said),
        at or next(filter(None, named), None),
        population.lineage,
        () if plainly(trouble) else trouble.acts,
        newest=population.newest,
    )
