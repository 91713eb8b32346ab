"""What SQLite alone does. It alters most of a table by recreating it from the model: a column that the model does not know goes, its values
with it (as FACTS F31); one that the table lacks is filled with its own name (FACTS F34); and every index and constraint of the model is made
again, so their fields must be there. A column without an index of its own is dropped in place, which SQLite refuses while any index or
constraint holds it.

Source: `django.db.backends.sqlite3.schema.DatabaseSchemaEditor._remake_table`, and who calls it: `add_field`, `remove_field`,
`alter_field`, `add_constraint`, `remove_constraint`. Tables that refer to the altered one are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from stitchback.model.command_cache import by_identity
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import NONE, TRUE
from stitchback.schema.definitions import columns_in, constraint_text, index_text
from stitchback.schema.effects import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    DropColumn,
    DropConstraint,
    DropIndex,
    Effect,
    Remake,
    RenameColumn,
    RenameIndex,
)
from stitchback.schema.field_effects import is_plainly_dropped
from stitchback.schema.naming import model_key, needed
from stitchback.schema.needs import fields_of, unresolved
from stitchback.schema.subjects import subject
from stitchback.schema.tables import (
    AUTO_COLUMN,
    automatic_indexes,
    automatic_key,
    column_name,
    column_names,
    column_of,
    has_tables,
    main_table,
    table_name,
)
from stitchback.schema.visible import GENERATED, NON_DB_ATTRIBUTES, is_foreign_key, is_primary_key, is_unique

ON_FIELDS = ("AddField", "AlterField", "RemoveField", "AlterOrderWithRespectTo")


def remade(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, effects: Iterable[Effect]
) -> Iterator[Remake]:
    """The operation's own table, where its effects make SQLite recreate it. Nothing where a field of the model cannot be read: its
    columns are not known then."""
    done = tuple(effects)
    if any(remakes(operation, app, before, after, effect) for effect in done):
        yield from remake_of(operation, app, before, after, done)


def idly_remade(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, effects: Iterable[Effect]
) -> Iterator[Remake]:
    """The same for an AlterField after which the column is as before: Django compares all that `deconstruct` gives but `non_db_attrs`
    (`_field_should_be_altered`), a Python-side default too."""
    done = tuple(effects)
    if operation.kind != "AlterField" or any(isinstance(effect, Remake) for effect in done):
        return
    old, new = field_of(before, operation, app), field_of(after, operation, app)
    if old is not None and new is not None and compared(old) != compared(new):
        yield from remake_of(operation, app, before, after, done)


def compared(field: Field) -> tuple[object, ...]:
    return field.path, *(pair for pair in field.arguments if pair[0] not in NON_DB_ATTRIBUTES)


def remake_of(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, done: tuple[Effect, ...]
) -> Iterator[Remake]:
    key = subject(operation, app)
    if key is None:
        return
    models = [model for model in (before.models.get(key), after.models.get(key)) if model is not None]
    if models and all(map(is_known, models)):
        known = frozenset[str]().union(*(column_names(after, model) for model in models))
        model = models[-1]
        table = table_name(model)
        if operation.conditional and operation.kind == "AddField":
            # the template leaves out what the table lacks
            yield Remake(table, known, conditional=True, span=len(done))
        else:
            filled = column_names(after, model) - generated_columns(model) - automatic_columns(after, model)
            names = broken(operation, after, model)
            indexes, constraints = ((), ()) if names else definitions_of(model)
            yield Remake(table, known, filled, names, operation.conditional, len(done), indexes, constraints)


Definitions = tuple[tuple[str, str], ...]


@by_identity
def definitions_of(model: ModelState) -> tuple[Definitions, Definitions]:
    """The indexes and the constraints of the model's table, by their names."""
    indexes = dict.fromkeys(automatic_indexes(model))
    named = ((name, index_text(model, value, column_of)) for name, value in model.indexes)
    constraints = ((name, constraint_text(model, value, column_of)) for name, value in model.constraints)
    return (*((text, text) for text in indexes), *named), tuple(constraints)


def generated_columns(model: ModelState) -> frozenset[str]:
    """They are not copied, but worked out again."""
    fields = ((name, field) for name, field in model.fields if isinstance(field, Field))
    return frozenset(column_name(name, field) for name, field in fields if field.path == GENERATED)


def automatic_columns(after: SchemaState, model: ModelState) -> frozenset[str]:
    """The key of a model that declares none. SQLite makes it when an AlterField takes the key from another field; where the table lacks it
    all the same, SQLite refuses its name as a value."""
    automatic = automatic_key(after, model)
    return frozenset(("id",) if automatic == ("id", AUTO_COLUMN) else ())


def broken(operation: Operation, after: SchemaState, model: ModelState) -> tuple[str, ...]:
    """Indexes on the very field that is removed are left out (`index.fields`)."""
    found = unresolved(after, model)
    if not found or operation.kind != "RemoveField":
        return found
    gone = needed(operation, "name")
    left_out = {name for name, index in model.indexes if gone in fields_of(index)}
    return tuple(name for name in found if name not in left_out)


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
        case RenameIndex(after=name, lost=fields) if fields:
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
    texts = (*table.indexes.items(), *table.constraints.items())
    return tuple(
        sorted(
            name
            for name, text in texts
            if effect.column in columns_in(text) or named.search(text.partition(")")[2])
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


def remakes(operation: Operation, app: str, before: SchemaState, after: SchemaState, effect: Effect) -> bool:
    match effect:
        case AddColumn() | DropColumn() if operation.kind == "AlterOrderWithRespectTo":
            return isinstance(effect, AddColumn)
        case AddColumn() if operation.kind == "AddField":
            field = field_of(after, operation, app)
            return field is not None and not is_plainly_added(field)
        case DropColumn() if operation.kind == "RemoveField":
            field = field_of(before, operation, app)
            return field is not None and not is_plainly_dropped(field)
        case AlterColumn() | AddIndex() | DropIndex():
            return operation.kind == "AlterField"
        case RenameColumn() if operation.kind in ("AlterField", "RenameField"):
            field = field_of(after, operation, app, "new_name" if operation.kind == "RenameField" else "name")
            return field is not None and is_foreign_key(field) and field.argument("db_constraint") is None
        case AddConstraint(definition=definition):
            return is_of_the_table(definition)
        case DropConstraint(table=table, name=name):
            return any(
                is_of_the_table(main_table(before, model).constraints[name])
                for model in before.models.values()
                if has_tables(model)
                and table_name(model) == table
                and any(name == known for known, _ in model.constraints)
            )
        case _:
            return False


def field_of(state: SchemaState, operation: Operation, app: str, argument: str = "name") -> Field | None:
    model = state.models.get(model_key(operation, app, "model_name"))
    field = model.field(needed(operation, argument)) if model else None
    return field if isinstance(field, Field) else None


def is_plainly_added(field: Field) -> bool:
    """ALTER TABLE ADD COLUMN does for a column that may be null and is given no value."""
    return (
        field.argument("null") == TRUE
        and field.argument("default") in (None, NONE)
        and not (is_primary_key(field) or is_unique(field))
    )


def is_of_the_table(definition: str) -> bool:
    """A CHECK, or a unique constraint of plain columns; others are separate indexes."""
    kind, _, rest = definition.partition("(")
    columns, _, condition = rest.partition(")")
    return kind == "check" or (kind == "unique" and bool(columns) and not condition)
