"""What goes wrong with mainline's own tree, untouched, on real databases: what `stitchback.proof.baseline` is for simulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from stitchback.adapters.projects import MigrateOutcome, ProjectSession
from stitchback.api.verification.real_databases import FULL, DatabaseCache, DatabaseState, Migrate
from stitchback.api.verification.real_differences import schema_differences
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Failure
from stitchback.model.problems import Problem, raised

Act = Migrate | MigrationKey  # the key: a full migrate that was stopped right after it


class RealBaselineFailures:
    """`oracle`: mainline as it stands."""

    def __init__(self, bench: DatabaseCache, oracle: ProjectSession) -> None:
        self._bench = bench
        self._oracle = oracle
        self._met: dict[Problem, list[Failure]] = {}

    def has(self, starts: Iterable[DatabaseState], acts: tuple[Act, ...], difference: Failure) -> bool:
        """Whether the same upgrade steps, from one of these databases, have the same result with mainline untouched."""
        found = any(difference.problem in self._wrong(start, acts) for start in starts)
        if found:
            self._met.setdefault(difference.problem, []).append(difference)
        return found

    def messages(self) -> Iterator[str]:
        """Each kind once, with the first database that has it."""
        for first, *others in self._met.values():
            names = {each.population for each in others} - {first.population}
            more = f" and {len(names)} other kinds of database" if names else ""
            yield f"{first.population}{more}: left out, {first.rollout}: {first.message}: this happens on mainline even without the plan"

    @cached_property
    def _fresh(self) -> DatabaseState | None:
        return self._bench.step(self._oracle, self._bench.empty()).state

    def _wrong(self, start: DatabaseState, acts: tuple[Act, ...]) -> frozenset[Problem]:
        if self._fresh is None:
            return frozenset()
        state = start
        for act in (*acts, FULL):
            migrate = self._stopped(state, act) if isinstance(act, MigrationKey) else act
            if migrate is None:
                return frozenset()
            step = self._bench.step(self._oracle, state, migrate)
            if step.state is None:
                return frozenset({problem_of(step.outcome)})
            state = step.state
        return frozenset(schema_differences(state.schema, self._fresh.schema))

    def _stopped(self, state: DatabaseState, key: MigrationKey) -> Migrate | None:
        """None where a full migrate does not run it."""
        ran = self._bench.step(self._oracle, state).outcome.ran
        return Migrate(stop_after=ran.index(key) + 1) if key in ran else None


def problem_of(outcome: MigrateOutcome) -> Problem:
    """What Django or the database raised, by its class and the migration that ran. Where none ran, only Django's message says what it is about."""
    message = f"{outcome.error_class}: {outcome.error_message}".strip()
    return raised(outcome.error_class, message, outcome.failed or outcome.error_message)
