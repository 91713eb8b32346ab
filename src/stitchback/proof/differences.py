"""The differences of two databases' schemas."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.problems import Problem, ProblemKind
from stitchback.upgrades.checks import differences_by_name


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
