"""A real database beside our tables: columns, null, keys, indexes, foreign keys."""

from __future__ import annotations

from typing import Any

from stitchback.model.migrations import Migration
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.state import SchemaState
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.apply_effect import run_effect


def simulated(migrations: tuple[Migration, ...]) -> tuple[SchemaState, PhysicalSchema]:
    """The state and the database after the migrations, from nothing."""
    state, physical = SchemaState(), PhysicalSchema()
    for operation in (operation for migration in migrations for operation in migration.operations):
        after = apply_operation(state, "shop", operation)
        for effect in physical_effects(operation, "shop", state, after):
            physical = run_effect(physical, effect)
        state = after
    return state, physical


def expected_columns(table: Table) -> dict[str, tuple[bool, bool]]:
    """Column -> null (SQLite: every generated one), primary key."""
    return {
        name: (" null" in shape or shape.startswith("Generated"), "primary key" in shape)
        for name, shape in ((name, str(column)) for name, column in table.columns.items())
    }


def expected_indexes(table: Table) -> list[tuple[bool, tuple[str, ...]]]:
    """Whether unique, and on which columns; checks and expressions apart."""
    definitions = [*table.indexes.values(), *table.constraints.values()]
    found = [(each.kind == "unique", each.column_names) for each in definitions if each.kind != "check"]
    return sorted({entry for entry in found if entry[1]})


def expected_references(table: Table) -> list[tuple[str, str]]:
    shapes = ((name, str(column)) for name, column in table.columns.items() if column.target is not None)
    return sorted(
        (name, shape[1:].partition("(")[0]) for name, shape in shapes if " no constraint" not in shape
    )


def introspected(connection: Any, table: str) -> tuple[object, object, object]:
    """The same three things of a real table."""
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, table)
        found = without_twins(connection.introspection.get_constraints(cursor, table))
        keys = connection.introspection.get_primary_key_columns(cursor, table) or []
    plain = [item for item in found if item["columns"] and not item["primary_key"] and not item["check"]]
    named = [item for item in plain if not item["foreign_key"] and None not in item["columns"]]
    references = sorted(
        {(item["columns"][0], item["foreign_key"][0]) for item in plain if item["foreign_key"]}
    )
    indexes = {(bool(item["unique"]), tuple(item["columns"])) for item in named}
    nulls = {column.name: (bool(column.null_ok), column.name in keys) for column in columns}
    return nulls, sorted(indexes), references


def without_twins(found: dict[str, Any]) -> list[Any]:
    """The constraints without those that PostgreSQL has beside an index of text, for LIKE."""
    return [item for name, item in found.items() if not name.endswith("_like")]


def expected(table: Table) -> tuple[object, object, object]:
    """What introspection must say of the table."""
    return (expected_columns(table), expected_indexes(table), expected_references(table))
