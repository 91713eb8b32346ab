"""Checks of a symbolic database after all migrations are applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.engine.database import DatabaseId
from stitchback.engine.engine import Engine
from stitchback.engine.runs import RunError
from stitchback.model.keys import MigrationKey
from stitchback.model.problems import Problem, ProblemKind, Step
from stitchback.upgrades.checks import AFTERWARDS, FinalChecks, MigrateResult, WrongEnd


class SymbolicChecks(FinalChecks[DatabaseId]):
    """What holds for every symbolic database. `following`: the engine of the next release's tree."""

    def __init__(self, result: Engine, following: Engine, fresh: DatabaseId, fresh_next: DatabaseId) -> None:
        self.result = result
        self.following = following
        self.fresh = fresh
        self.fresh_next = fresh_next
        self.new: frozenset[MigrationKey] = frozenset(following.tree.migrations) - frozenset(
            result.tree.migrations
        )
        self._judged: dict[DatabaseId, tuple[WrongEnd, ...]] = {}

    def judged(self, final: DatabaseId) -> tuple[WrongEnd, ...]:
        found = self._judged.get(final)
        if found is None:
            found = self._judged[final] = tuple(self.after_migrate(final))
        return found

    def ledger(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        """After the next release, `not_only_new` covers it."""
        unapplied = self.result.unapplied_at(final) if fresh is self.fresh else ()
        if isinstance(unapplied, RunError):
            yield unapplied.problem
        elif unapplied:
            yield Problem.of(ProblemKind.UNAPPLIED, unapplied)

    def rows(self, final: DatabaseId) -> tuple[Problem, ...]:
        """Symbolic databases have none; the rehearsal's have."""
        return ()

    def second_migrate(self, final: DatabaseId) -> Iterator[Problem]:
        again = self.result.way(final)
        if again.finish.error is None and again.finish.end is not final:
            done = tuple(key for key, _ in again) or "writes rows"
            yield Problem.of(ProblemKind.SECOND_MIGRATE, done)

    def migrate_next(self, start: DatabaseId) -> MigrateResult[DatabaseId]:
        way = self.following.way(start)
        error = way.finish.error
        if error is not None:
            return MigrateResult(None, step=error.step, problem=error.problem)
        return MigrateResult(way.finish.end, (key for key, _ in way))

    def not_only_new(self, keys: tuple[MigrationKey, ...]) -> tuple[Step, Problem]:
        return AFTERWARDS, Problem.of(ProblemKind.NOT_ONLY_NEW, keys)
