"""Describes the differences of two databases' schemas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from stitchback.model.physical import PhysicalSchema, Table


def schema_differences(found: PhysicalSchema, wanted: PhysicalSchema) -> tuple[str, ...]:
    """The differences of `found` from `wanted` (a fresh install), sorted; empty if they are equal."""
    return tuple(differences(found, wanted))


def without(schema: PhysicalSchema, names: Collection[str]) -> PhysicalSchema:
    tables = {name: table for name, table in schema.tables.items() if name not in names}
    return replace(schema, tables=tables)


def differences(found: PhysicalSchema, wanted: PhysicalSchema) -> Iterator[str]:
    for name in sorted({*found.tables, *wanted.tables}):
        has, should = found.tables.get(name), wanted.tables.get(name)
        if has is None:
            yield f"table {name} is missing"
        elif should is None:
            yield f"table {name} exists, and a fresh install has none"
        elif has != should:
            yield from table_differences(name, has, should)
    for text in sorted(wanted.others - found.others):
        yield f"{text} is missing"
    for text in sorted(found.others - wanted.others):
        yield f"{text} exists, and a fresh install has none"


def table_differences(table: str, found: Table, wanted: Table) -> Iterator[str]:
    yield from part_differences("column", table, found.columns, wanted.columns)
    yield from part_differences("index", table, found.indexes, wanted.indexes)
    yield from part_differences("constraint", table, found.constraints, wanted.constraints)
    if found.comment != wanted.comment:
        yield f"the comment of {table} is {found.comment!r}, on a fresh install {wanted.comment!r}"


def part_differences(
    kind: str, table: str, found: Mapping[str, str], wanted: Mapping[str, str]
) -> Iterator[str]:
    for name in sorted({*found, *wanted}):
        has, should = found.get(name), wanted.get(name)
        if has is None:
            yield f"{kind} {table}.{name} is missing"
        elif should is None:
            yield f"{kind} {table}.{name} exists, and a fresh install has none"
        elif has != should:
            yield f"{kind} {table}.{name} is {has}, on a fresh install {should}"


def in_short(texts: tuple[str, ...], most: int = 3) -> str:
    more = len(texts) - most
    return "; ".join(texts[:most]) + (f"; and {more} more" if more > 0 else "")
