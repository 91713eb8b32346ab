"""Which operations make SQLite recreate a table (see `schema.sqlite_remake`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.operations import kind_of
from stitchback.operations.base import NOT_NAMED, NamedParameters
from stitchback.operations.named_models import subject
from stitchback.operations.remove_field import is_plainly_dropped
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    Effect,
    Remake,
    RenameColumn,
    RenameTable,
)
from stitchback.schema.labels import model_key, needed
from stitchback.schema.needs import fields_of, unresolved
from stitchback.schema.references import referrers
from stitchback.schema.sqlite_remake import (
    automatic_columns,
    compared,
    definitions_of,
    generated_columns,
    is_known,
    is_of_the_table,
    is_plainly_added,
)
from stitchback.schema.tables import column_names, has_tables, main_table, table_name
from stitchback.schema.visible import is_foreign_key


def remade(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, effects: Iterable[Effect]
) -> Iterator[Remake]:
    """The operation's own table, where its effects make SQLite recreate it; of a renamed model the tables that refer to it. Nothing where a
    field of the model cannot be read: its columns are not known then."""
    done = tuple(effects)
    if any(remakes(operation, app, before, after, effect) for effect in done):
        yield from remake_of(operation, app, subject(operation, app), before, after, done)
    for key in referring_tables(operation, app, after, done):
        yield from remake_of(operation, app, key, before, after, done)


def referring_tables(
    operation: Operation, app: str, after: SchemaState, done: tuple[Effect, ...]
) -> Iterator[ModelKey]:
    """The models whose foreign keys `RenameModel.database_forwards` alters; Django returns before where the table keeps its name."""
    kind = kind_of(operation)
    if kind is None or not kind.model.renamed or not any(isinstance(each, RenameTable) for each in done):
        return
    fields = referrers(after, model_key(operation, app, kind.model.after))
    yield from dict.fromkeys(model.key for model, _, field in fields if is_foreign_key(field))


def idly_remade(
    operation: Operation, app: str, before: SchemaState, after: SchemaState, effects: Iterable[Effect]
) -> Iterator[Remake]:
    """The same for an AlterField after which the column is as before: Django compares all that `deconstruct` gives but `non_db_attrs`
    (`_field_should_be_altered`), a Python-side default too."""
    done = tuple(effects)
    if not fields_of_kind(operation).kept or any(isinstance(effect, Remake) for effect in done):
        return
    old, new = field_of(before, operation, app), field_of(after, operation, app)
    if old is not None and new is not None and compared(old) != compared(new):
        yield from remake_of(operation, app, subject(operation, app), before, after, done)


def remake_of(
    operation: Operation,
    app: str,
    key: ModelKey | None,
    before: SchemaState,
    after: SchemaState,
    done: tuple[Effect, ...],
) -> Iterator[Remake]:
    if key is None:
        return
    models = [model for model in (before.models.get(key), after.models.get(key)) if model is not None]
    if models and all(map(is_known, models)):
        known = frozenset[str]().union(*(column_names(after, model) for model in models))
        model = models[-1]
        table = table_name(model)
        if operation.conditional and fields_of_kind(operation).made:
            # the template leaves out what the table lacks
            yield Remake(table, known, conditional=True, span=len(done))
        else:
            filled = column_names(after, model) - generated_columns(model) - automatic_columns(after, model)
            names = broken(operation, after, model)
            indexes, constraints = ((), ()) if names else definitions_of(model)
            yield Remake(table, known, filled, names, operation.conditional, len(done), indexes, constraints)


def broken(operation: Operation, after: SchemaState, model: ModelState) -> tuple[str, ...]:
    """Indexes on the very field that is removed are left out (`index.fields`)."""
    found = unresolved(after, model)
    if not found or not fields_of_kind(operation).dropped:
        return found
    gone = needed(operation, "name")
    left_out = {name for name, index in model.indexes if gone in fields_of(index)}
    return tuple(name for name in found if name not in left_out)


def remakes(operation: Operation, app: str, before: SchemaState, after: SchemaState, effect: Effect) -> bool:
    named = fields_of_kind(operation)
    match effect:
        case AddColumn() if named == NOT_NAMED:  # the order of the rows
            return True
        case AddColumn() if named.made:
            field = field_of(after, operation, app)
            return field is not None and not is_plainly_added(field)
        case DropColumn() if named.dropped:
            field = field_of(before, operation, app)
            return field is not None and not is_plainly_dropped(field)
        case AlterColumn() | CreateIndex() | DropIndex():
            return named.kept
        case RenameColumn() if named.kept or named.renamed:
            field = field_of(after, operation, app)
            return field is not None and is_foreign_key(field) and field.argument("db_constraint") is None
        case CreateConstraint(definition=definition):
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


def fields_of_kind(operation: Operation) -> NamedParameters:
    kind = kind_of(operation)
    return NOT_NAMED if kind is None else kind.field


def field_of(state: SchemaState, operation: Operation, app: str) -> Field | None:
    """The operation's field, under the name that it has afterwards, or had."""
    named = fields_of_kind(operation)
    model = state.models.get(model_key(operation, app, "model_name"))
    field = model.field(needed(operation, named.after or named.before)) if model else None
    return field if isinstance(field, Field) else None
