"""Checks of a database after all migrations are applied."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from stitchback.engine import DatabaseId, Engine, RunError
from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.problems import Problem, ProblemKind, Step
from stitchback.proof.data_runs import DataWork
from stitchback.upgrades.checks import AFTERWARDS, FinalChecks, MigrateResult, WrongEnd, differences_by_name


class FinalStateChecks(FinalChecks[DatabaseId]):
    """The checks of symbolic databases. Tables in `leftover` may exist although a fresh install has none."""

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
        self._judged: dict[DatabaseId, tuple[WrongEnd, ...]] = {}

    def judged(self, final: DatabaseId) -> tuple[WrongEnd, ...]:
        found = self._judged.get(final)
        if found is None:
            found = self._judged[final] = tuple(self.after_migrate(final))
        return found

    def schema(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        if final.schema != fresh.schema:
            schemas = self.result.memory.schemas_by_number
            wanted = schemas[fresh.schema]
            found = schema_differences(
                without(schemas[final.schema], self.leftover - wanted.tables.keys()), wanted
            )
            if found:
                yield in_short(found)

    def ledger(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        """After the next release, `not_only_new` covers it."""
        unapplied = self.result.unapplied_at(final) if fresh is self.fresh else ()
        if isinstance(unapplied, RunError):
            yield unapplied.problem
        elif unapplied:
            yield Problem.of(ProblemKind.UNAPPLIED, unapplied)

    def data(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        return self.work.wrong(final.data, fresh.data)

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


def schema_differences(found: PhysicalSchema, wanted: PhysicalSchema) -> tuple[Problem, ...]:
    """The differences of `found` from `wanted` (a fresh install), sorted; empty if they are equal."""
    return tuple(differences(found, wanted))


def without(schema: PhysicalSchema, names: Collection[str]) -> PhysicalSchema:
    tables = {name: table for name, table in schema.tables.items() if name not in names}
    return replace(schema, tables=tables)


def differences(found: PhysicalSchema, wanted: PhysicalSchema) -> Iterator[Problem]:
    kinds = ProblemKind.TABLE_LACKING, ProblemKind.TABLE_EXTRA
    yield from differences_by_name(found.tables, wanted.tables, kinds, table_differences)
    for text in sorted(wanted.others - found.others):
        yield Problem.of(ProblemKind.OBJECT_LACKING, text)
    for text in sorted(found.others - wanted.others):
        yield Problem.of(ProblemKind.OBJECT_EXTRA, text)


def table_differences(table: str, found: Table, wanted: Table) -> Iterator[Problem]:
    yield from part_differences("column", table, found.columns, wanted.columns)
    yield from part_differences("index", table, found.indexes, wanted.indexes)
    yield from part_differences("constraint", table, found.constraints, wanted.constraints)
    if found.comment != wanted.comment:
        yield Problem.of(ProblemKind.COMMENT_DIFFERS, table, found.comment, wanted.comment)


def part_differences(
    kind: str, table: str, found: Mapping[str, Hashable], wanted: Mapping[str, Hashable]
) -> Iterator[Problem]:
    def differing(name: str, has: Hashable, should: Hashable) -> tuple[Problem]:
        return (Problem.of(ProblemKind.PART_DIFFERS, kind, table, name, has, should),)

    kinds = ProblemKind.PART_LACKING, ProblemKind.PART_EXTRA
    return differences_by_name(found, wanted, kinds, differing, kind, table)


def in_short(found: tuple[Problem, ...], most: int = 3) -> Problem:
    """All differences as one problem, which is reported with the first of them; a single one as it is."""
    if len(found) == 1:
        return found[0]
    more = len(found) - most
    said = "; ".join(map(str, found[:most])) + (f"; and {more} more" if more > 0 else "")
    return Problem(ProblemKind.SCHEMA_DIFFERS, found, said)
