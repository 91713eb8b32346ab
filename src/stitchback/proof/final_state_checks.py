"""Checks of a database after all migrations are applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.engine import DatabaseId, Engine, RunError
from stitchback.model.keys import MigrationKey
from stitchback.model.problems import Moment, Problem, ProblemKind, Step
from stitchback.proof.data_runs import DataWork
from stitchback.proof.differences import in_short, schema_differences, without

Judged = tuple[tuple[str, ...], Step, Problem]
AFTERWARDS = Moment.AFTERWARDS
NEXT_RELEASE = "the next release's migrate"


class FinalStateChecks:
    """Compares final databases with a fresh install of the same tree. `fresh` and `fresh_next`: the installs of the result and of its next release.
    Tables in `leftover` may exist although a fresh install has none."""

    def __init__(
        self,
        result: Engine,
        following: Engine,
        fresh: DatabaseId,
        fresh_next: DatabaseId,
        work: DataWork,
        leftover: frozenset[str] = frozenset(),
    ) -> None:
        self.result = result
        self.following = following
        self.fresh = fresh
        self.fresh_next = fresh_next
        self.work = work
        self.leftover = leftover
        self.new: frozenset[MigrationKey] = frozenset(following.tree.migrations) - frozenset(
            result.tree.migrations
        )
        self._judged: dict[DatabaseId, tuple[Judged, ...]] = {}

    def judged(self, final: DatabaseId) -> tuple[Judged, ...]:
        """Failures after a full migrate: (further steps, step, problem)."""
        found = self._judged.get(final)
        if found is None:
            found = self._judged[final] = tuple(self.judge(final))
        return found

    def judge(self, final: DatabaseId) -> Iterator[Judged]:
        for problem in (
            *self.wrong_schema(final, self.fresh),
            *self.unapplied(final),
            *self.work.wrong(final.data, self.fresh.data),
        ):
            yield (), AFTERWARDS, problem
        again = self.result.way(final)
        if again.finish.error is None and again.finish.end is not final:
            done = tuple(key for key, _ in again) or "writes rows"
            yield ("migrate",), AFTERWARDS, Problem.of(ProblemKind.SECOND_MIGRATE, done)
        yield from (((NEXT_RELEASE,), step, problem) for step, problem in self.judge_following(final))

    def judge_following(self, final: DatabaseId) -> Iterator[tuple[Step, Problem]]:
        way = self.following.way(final)
        error = way.finish.error
        if error is not None:
            yield error.step, error.problem
            return
        ran = {key for key, _ in way}
        if ran != self.new:
            yield AFTERWARDS, Problem.of(ProblemKind.NOT_ONLY_NEW, tuple(sorted(ran ^ self.new)))
        yield from ((AFTERWARDS, problem) for problem in self.judged_next(way.finish.end))

    def judged_next(self, final: DatabaseId) -> Iterator[Problem]:
        """Failures after the next release's migrate."""
        yield from self.wrong_schema(final, self.fresh_next)
        yield from self.work.wrong(final.data, self.fresh_next.data)

    def wrong_schema(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        if final.schema != fresh.schema:
            schemas = self.result.memory.schemas_by_number
            wanted = schemas[fresh.schema]
            found = schema_differences(
                without(schemas[final.schema], self.leftover - wanted.tables.keys()), wanted
            )
            if found:
                yield in_short(found)

    def unapplied(self, final: DatabaseId) -> Iterator[Problem]:
        unapplied = self.result.unapplied_at(final)
        if isinstance(unapplied, RunError):
            yield unapplied.problem
        elif unapplied:
            yield Problem.of(ProblemKind.UNAPPLIED, unapplied)
