"""Where SQLite alters a table by making it anew, from what the state knows: a column that the state does not know goes then, its values
with it, and nothing is said (as FACTS F31).

Source: `django.db.backends.sqlite3.schema.DatabaseSchemaEditor._remake_table`, and who calls it: `add_field`, `remove_field`,
`alter_field`, `add_constraint`, `remove_constraint`. Tables that refer to the altered one are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import NONE, TRUE
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
)
from stitchback.schema.naming import model_key, needed
from stitchback.schema.remembering import by_identity
from stitchback.schema.tables import column_names, has_tables, main_table, table_name
from stitchback.schema.visible import is_foreign_key, is_indexed, is_primary_key, is_unique

ON_FIELDS = ("AddField", "AlterField", "RemoveField", "AlterOrderWithRespectTo")


def remade(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, effects: Iterable[Effect]
) -> Iterator[Remake]:
    """The operation's own table, where its effects make SQLite make it anew. Nothing where a field of the model cannot be read: its
    columns are not known then."""
    found = [effect for effect in effects if remakes(operation, app, before, after, effect)]
    if not found:
        return
    key = model_key(operation, app, "name" if operation.kind == "AlterOrderWithRespectTo" else "model_name")
    models = [model for model in (before.models.get(key), after.models.get(key)) if model is not None]
    if models and all(map(is_known, models)):
        known = frozenset[str]().union(*(column_names(after, model) for model in models))
        yield Remake(table_name(models[-1]), known, operation.conditional)


def lost_columns(physical: PhysicalSchema, remake: Remake, forgotten: Set[str | None]) -> tuple[str, ...]:
    """What a table that is made anew leaves behind. `forgotten`: columns (None: all) that the models have let go of on purpose."""
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


def field_of(state: SchemaState, operation: Operation, app: str) -> Field | None:
    model = state.models.get(model_key(operation, app, "model_name"))
    field = model.field(needed(operation, "name")) if model else None
    return field if isinstance(field, Field) else None


def is_plainly_added(field: Field) -> bool:
    """ALTER TABLE ADD COLUMN does for a column that may be null and is given no value."""
    return (
        field.argument("null") == TRUE
        and field.argument("default") in (None, NONE)
        and not (is_primary_key(field) or is_unique(field))
    )


def is_plainly_dropped(field: Field) -> bool:
    """ALTER TABLE DROP COLUMN does for one without an index or a reference."""
    return not (is_primary_key(field) or is_unique(field) or is_indexed(field) or is_foreign_key(field))


def is_of_the_table(definition: str) -> bool:
    """A CHECK, or a unique constraint of plain columns; others are indexes of their own."""
    kind, _, rest = definition.partition("(")
    columns, _, condition = rest.partition(")")
    return kind == "check" or (kind == "unique" and bool(columns) and not condition)
