"""What playing operations can run into."""

from __future__ import annotations

from collections.abc import Hashable

from stitchback.errors import Refusal
from stitchback.model.problems import Problem, ProblemKind


class InconsistentState(Refusal):
    """An operation does not fit the state that it is applied to: Django would stop there, too.

    `problem` says what does not fit; `operation` and `migration` say where, as far as it is known.
    """

    def __init__(self, problem: Problem, *, operation: str = "", migration: str = "") -> None:
        where = " ".join(part for part in (migration, operation) if part)
        self.where = f"{where}: " if where else ""
        super().__init__(
            "SB401",
            f"{self.where}{problem}",
            hint="the migrations of this ref do not fit together: check the migrations before it",
        )
        self.problem = problem
        self.operation = operation
        self.migration = migration

    def at(self, migration: str) -> InconsistentState:
        """The same, with the migration's name."""
        return InconsistentState(self.problem, operation=self.operation, migration=migration)


class UnreadName(InconsistentState):
    """The operation does not say in a way that can be read which model or field it is about: it may be any of its app."""


class Clash(Exception):
    """An effect meets a database where its schema object exists already, or not at all, or has another shape (FACTS F7, F14, F31)."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

    @staticmethod
    def of(kind: ProblemKind, *objects: Hashable) -> Clash:
        return Clash(Problem.of(kind, *objects))
