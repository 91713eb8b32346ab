"""What must hold for a database after an upgrade: it is as a fresh install of the same tree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, NamedTuple, TypeVar

from stitchback.model.keys import MigrationKey
from stitchback.model.problems import Moment, Problem, ProblemKind, Step

AFTERWARDS = Moment.AFTERWARDS
Database = TypeVar("Database")
Part = TypeVar("Part")


class Phase(Enum):
    """Where on the path a check fails: after the full migrate, after a second one, or with the next release's."""

    MIGRATE = auto()
    SECOND_MIGRATE = auto()
    NEXT_RELEASE = auto()


class WrongEnd(NamedTuple):
    phase: Phase
    step: Step | str
    problem: Problem


@dataclass(frozen=True, slots=True)
class MigrateResult(Generic[Database]):
    """`end` is None if the migrate failed: `step` and `problem` then say where and why."""

    end: Database | None
    ran: Iterable[MigrationKey] = ()
    step: Step | str = AFTERWARDS
    problem: Problem | None = None


class FinalChecks(ABC, Generic[Database]):
    """Compares databases with fresh installs. `fresh`, `fresh_next`: of the tree and of its next release; `new`: the next release's migrations."""

    fresh: Database
    fresh_next: Database
    new: Collection[MigrationKey]

    def after_migrate(self, final: Database) -> Iterator[WrongEnd]:
        """What is wrong after a full migrate: at once, with a second one, and with the next release's."""
        for problem in self.wrong(final, self.fresh):
            yield WrongEnd(Phase.MIGRATE, AFTERWARDS, problem)
        for problem in self.second_migrate(final):
            yield WrongEnd(Phase.SECOND_MIGRATE, AFTERWARDS, problem)
        yield from self.next_release(final, only_new=True)

    def next_release(self, start: Database, *, only_new: bool) -> Iterator[WrongEnd]:
        """What is wrong with the next release's migrate. `only_new`: whether it must run exactly the new migrations."""
        result = self.migrate_next(start)
        if result.end is None:
            assert result.problem is not None, "the migrate failed"
            yield WrongEnd(Phase.NEXT_RELEASE, result.step, result.problem)
            return
        if only_new:
            unexpected = tuple(sorted(set(result.ran) ^ set(self.new)))
            if unexpected:
                yield WrongEnd(Phase.NEXT_RELEASE, *self.not_only_new(unexpected))
        for problem in self.wrong(result.end, self.fresh_next):
            yield WrongEnd(Phase.NEXT_RELEASE, AFTERWARDS, problem)

    def wrong(self, final: Database, fresh: Database) -> Iterator[Problem]:
        """All differences from a fresh install, in this order."""
        yield from self.schema(final, fresh)
        yield from self.ledger(final, fresh)
        yield from self.data(final, fresh)
        yield from self.rows(final)

    @abstractmethod
    def schema(self, final: Database, fresh: Database) -> Iterable[Problem]:
        """The schema is that of a fresh install."""

    @abstractmethod
    def ledger(self, final: Database, fresh: Database) -> Iterable[Problem]:
        """Every migration is applied and recorded."""

    @abstractmethod
    def data(self, final: Database, fresh: Database) -> Iterable[Problem]:
        """Each data operation has run as often as on a fresh install."""

    @abstractmethod
    def rows(self, final: Database) -> Iterable[Problem]:
        """The rows from before the upgrade have their values."""

    @abstractmethod
    def second_migrate(self, final: Database) -> Iterable[Problem]:
        """A second migrate does nothing."""

    @abstractmethod
    def migrate_next(self, start: Database) -> MigrateResult[Database]:
        """A full migrate with the next release's tree."""

    @abstractmethod
    def not_only_new(self, keys: tuple[MigrationKey, ...]) -> tuple[Step | str, Problem]:
        """The failure that these migrations run with the next release although they are not new, or do not run although they are."""


def differences_by_name(
    found: Mapping[str, Part],
    wanted: Mapping[str, Part],
    kinds: tuple[ProblemKind, ProblemKind],
    differing: Callable[[str, Part, Part], Iterable[Problem]],
    *place: str,
) -> Iterator[Problem]:
    """The differences of what two databases have, sorted by name. `kinds`: for what only the wanted one has, and for what only the found one has;
    their objects are the `place` and the name."""
    lacking, extra = kinds
    for name in sorted({*found, *wanted}):
        if name not in found:
            yield Problem.of(lacking, *place, name)
        elif name not in wanted:
            yield Problem.of(extra, *place, name)
        elif found[name] != wanted[name]:
            yield from differing(name, found[name], wanted[name])
