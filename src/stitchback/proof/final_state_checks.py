"""Checks of a database after all migrations are applied."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from stitchback.engine import DatabaseId, Engine, SymbolicChecks
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.problems import Problem, ProblemKind
from stitchback.proof.data_runs import DataWork
from stitchback.upgrades.checks import differences_by_name


class FinalStateChecks(SymbolicChecks):
    """The checks of a proof. `work`: what data operations do. Tables in `leftover` may exist although a fresh install has none."""

    def __init__(
        self,
        result: Engine,
        following: Engine,
        fresh: DatabaseId,
        fresh_next: DatabaseId,
        work: DataWork,
        leftover: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(result, following, fresh, fresh_next)
        self.work = work
        self.leftover = leftover

    def schema(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        if final.schema != fresh.schema:
            schemas = self.result.memory.schemas_by_number
            wanted = schemas[fresh.schema]
            found = schema_differences(
                without(schemas[final.schema], self.leftover - wanted.tables.keys()), wanted
            )
            if found:
                yield in_short(found)

    def data(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[Problem]:
        return self.work.wrong(final.data, fresh.data)


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
