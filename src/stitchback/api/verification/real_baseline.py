"""What goes wrong with mainline's own tree, untouched, on real databases: what `stitchback.proof.baseline` is for simulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from stitchback.adapters.projects import MigrateOutcome, ProjectSession
from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState
from stitchback.api.verification.real_differences import schema_differences
from stitchback.model.plans import Failure
from stitchback.model.problems import Problem, raised
from stitchback.upgrades.baseline import Baseline
from stitchback.upgrades.paths import FULL, UpgradeStep

Failed = tuple[tuple[UpgradeStep, ...], Failure]  # the steps before it, and what failed


class RealBaselineFailures(Baseline[DatabaseState, Failed]):
    """`oracle`: mainline as it stands."""

    def __init__(self, bench: DatabaseCache, oracle: ProjectSession) -> None:
        self._bench = bench
        self._oracle = oracle
        self._met: dict[Problem, list[Failure]] = {}

    def has(self, starts: Iterable[DatabaseState], path: tuple[UpgradeStep, ...], failure: Failure) -> bool:
        found = self.reproduces((path, failure), starts)
        if found:
            self._met.setdefault(failure.problem, []).append(failure)
        return found

    def identity(self, failure: Failed) -> Problem:
        return failure[1].problem

    def fails_with(self, failure: Failed, start: DatabaseState) -> frozenset[Problem]:
        if self._fresh is None:
            return frozenset()
        state = start
        for step in (*failure[0], FULL):
            done = self._bench.after(self._oracle, state, step)
            if done is None:
                return frozenset()
            if done.state is None:
                return frozenset({problem_of(done.outcome)})
            state = done.state
        return frozenset(schema_differences(state.schema, self._fresh.schema))

    def messages(self) -> Iterator[str]:
        """Each kind once, with the first database that has it."""
        for first, *others in self._met.values():
            names = {each.population for each in others} - {first.population}
            more = f" and {len(names)} other kinds of database" if names else ""
            yield f"{first.population}{more}: left out, {first.rollout}: {first.message}: this happens on mainline even without the plan"

    @cached_property
    def _fresh(self) -> DatabaseState | None:
        return self._bench.step(self._oracle, self._bench.empty()).state


def problem_of(outcome: MigrateOutcome) -> Problem:
    """What Django or the database raised, by its class and the migration that ran. Where none ran, only Django's message says what it is about."""
    message = f"{outcome.error_class}: {outcome.error_message}".strip()
    return raised(outcome.error_class, message, outcome.failed or outcome.error_message)
