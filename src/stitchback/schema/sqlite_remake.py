"""What SQLite alone does. It alters most of a table by recreating it from the model: a column that the model does not know goes, its values
with it (as FACTS F31); one that the table lacks is filled with its own name (FACTS F34); and every index and constraint of the model is made
again, so their fields must be there. A column without an index of its own is dropped in place, which SQLite refuses while any index or
constraint holds it.

Source: `django.db.backends.sqlite3.schema.DatabaseSchemaEditor._remake_table`, and who calls it: `add_field`, `remove_field`,
`alter_field`, `add_constraint`, `remove_constraint`. Tables that refer to the altered one are left out.
"""

from __future__ import annotations

import re
from collections.abc import Set

from stitchback.model.command_cache import by_identity
from stitchback.model.physical import IndexDefinition, PhysicalSchema, unnamed
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import NONE, TRUE
from stitchback.schema.definitions import constraint_definition, index_definition
from stitchback.schema.effects import (
    ChangeIndexName,
    DropColumn,
    Effect,
    Remake,
)
from stitchback.schema.tables import (
    AUTO_COLUMN,
    automatic_indexes,
    automatic_key,
    column_name,
    column_of,
    has_tables,
)
from stitchback.schema.visible import GENERATED, NON_DB_ATTRIBUTES, is_primary_key, is_unique


def compared(field: Field) -> tuple[object, ...]:
    return field.path, *(pair for pair in field.arguments if pair[0] not in NON_DB_ATTRIBUTES)


Definitions = tuple[tuple[str, IndexDefinition], ...]


@by_identity
def definitions_of(model: ModelState) -> tuple[Definitions, Definitions]:
    """The indexes and the constraints of the model's table, by their names."""
    named = ((name, index_definition(model, value, column_of)) for name, value in model.indexes)
    constraints = (
        (name, constraint_definition(model, value, column_of)) for name, value in model.constraints
    )
    return (*unnamed(automatic_indexes(model)).items(), *named), tuple(constraints)


def generated_columns(model: ModelState) -> frozenset[str]:
    """They are not copied, but worked out again."""
    fields = ((name, field) for name, field in model.fields if isinstance(field, Field))
    return frozenset(column_name(name, field) for name, field in fields if field.path == GENERATED)


def automatic_columns(after: SchemaState, model: ModelState) -> frozenset[str]:
    """The key of a model that declares none. SQLite makes it when an AlterField takes the key from another field; where the table lacks it
    all the same, SQLite refuses its name as a value."""
    automatic = automatic_key(after, model)
    return frozenset(("id",) if automatic == ("id", AUTO_COLUMN) else ())


def refused_by_sqlite(physical: PhysicalSchema, effect: Effect, forgotten: Set[str | None]) -> Problem | None:
    """Why no SQLite database may meet the effect as it is: an error, or a harm without an error. Remake: after what makes it
    necessary; others: before them. None where nothing stands against it. `forgotten`: columns (None: all) that the models have let go of
    on purpose."""
    match effect:
        case Remake(table=table, broken=names) if names:
            return Problem.of(ProblemKind.REMAKE_BROKEN, table, names)
        case Remake(table=table, filled=filled) if missing := sorted(
            filled - columns_of_table(physical, table, filled)
        ):
            return Problem.of(ProblemKind.REMAKE_FILLS, table, tuple(missing))
        case Remake(table=table) if lost := lost_columns(physical, effect, forgotten):
            return Problem.of(ProblemKind.REMAKE_LOSES, table, lost)
        case DropColumn(table=table, column=column, in_place=field) if field and (
            held := holders(physical, effect)
        ):
            return Problem.of(ProblemKind.DROP_HELD, table, column, held)
        case ChangeIndexName(after=name, lost=fields) if fields:
            return Problem.of(ProblemKind.INDEX_BROKEN, name, fields)
        case _:
            return None


def columns_of_table(physical: PhysicalSchema, name: str, otherwise: frozenset[str]) -> Set[str]:
    table = physical.tables.get(name)
    return table.columns.keys() if table is not None else otherwise


def holders(physical: PhysicalSchema, effect: DropColumn) -> tuple[str, ...]:
    """The indexes and constraints of the table that hold the column, in their columns or in what else they say."""
    table = physical.tables.get(effect.table)
    if table is None or effect.column not in table.columns:
        return ()
    named = re.compile(rf"""['"]{re.escape(effect.in_place)}(__\w+)?['"]""")
    definitions = (*table.indexes.items(), *table.constraints.items())
    return tuple(
        sorted(
            name
            for name, definition in definitions
            if effect.column in definition.column_names or named.search(definition.rest)
        )
    )


def lost_columns(physical: PhysicalSchema, remake: Remake, forgotten: Set[str | None]) -> tuple[str, ...]:
    """What a recreated table leaves behind. `forgotten`: columns (None: all) that the models have let go of on purpose."""
    table = physical.tables.get(remake.table)
    if table is None or None in forgotten:
        return ()
    return tuple(sorted(table.columns.keys() - remake.known - forgotten))


@by_identity
def is_known(model: ModelState) -> bool:
    return has_tables(model) and all(isinstance(field, Field) for _, field in model.fields)


def is_plainly_added(field: Field) -> bool:
    """ALTER TABLE ADD COLUMN does for a column that may be null and is given no value."""
    return (
        field.argument("null") == TRUE
        and field.argument("default") in (None, NONE)
        and not (is_primary_key(field) or is_unique(field))
    )


def is_of_the_table(definition: IndexDefinition) -> bool:
    """A CHECK, or a unique constraint of plain columns; others are separate indexes."""
    return definition.kind == "check" or (definition.kind == "unique" and definition.is_plain)
