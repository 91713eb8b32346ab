"""The tables that a model has in a database.

Source: `Options.db_table`, `Field.get_attname_column`, `create_many_to_many_intermediary_model`,
`BaseDatabaseSchemaEditor.create_model`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.command_cache import by_identity
from stitchback.model.keys import ModelKey
from stitchback.model.physical import (
    Column,
    ForeignKeyTarget,
    IndexDefinition,
    PhysicalSchema,
    Table,
    unnamed,
)
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import FALSE, NONE, TRUE, Constant, Value, render
from stitchback.schema.definitions import constraint_definition, index_definition
from stitchback.schema.labels import key_of, label_text, string
from stitchback.schema.visible import (
    COMPOSITE_KEY,
    column_of_field,
    has_column,
    is_foreign_key,
    is_indexed,
    is_many_to_many,
    is_primary_key,
    is_unique,
)

AUTO_COLUMN = Column("automatic primary key")
ORDER = "_order"


@dataclass(frozen=True, slots=True)
class ModelTables:
    """`main` is the model's own table (None where it has none), `many` those of its many-to-many fields, by field name.
    Each with its name in the database."""

    main: tuple[str, Table] | None = None
    many: Mapping[str, tuple[str, Table]] = dataclasses.field(default_factory=dict)

    @property
    def all(self) -> tuple[tuple[str, Table], ...]:
        return (*((self.main,) if self.main else ()), *self.many.values())


NO_TABLES = ModelTables()


def has_tables(model: ModelState) -> bool:
    """`Operation.allow_migrate_model` and `Options.can_migrate`: no proxy, managed, not swapped out."""
    return model.option("proxy") != TRUE and model.option("managed") != FALSE


def table_name(model: ModelState) -> str:
    """`db_table`, or app label and lower-case name."""
    said = model.option("db_table")
    if said is None or said in (NONE, Constant("")):
        return f"{model.key.app}_{model.key.model}"
    return string(said) or render(said)


def column_name(name: str, field: Field) -> str:
    """`db_column`, or the name, with "_id" for foreign keys (`get_attname_column`)."""
    said = string(field.argument("db_column"))
    return said or (f"{name}_id" if is_foreign_key(field) else name)


def column_of(model: ModelState, name: str) -> str:
    """The column of a field's name, or of its attname (`item_id`); the name itself where the model has no such field."""
    found = model.field(name)
    if isinstance(found, Field):
        return column_name(name, found)
    bare = model.field(name.removesuffix("_id"))
    return column_name(name.removesuffix("_id"), bare) if isinstance(bare, Field) else name


def target_of(state: SchemaState, target: Value | None, to_field: Value | None = None) -> ForeignKeyTarget:
    """What a foreign key refers to, by the table. A model that the state does not have by its label."""
    key = key_of(target)
    model = state.models.get(key) if key else None
    if model is None:
        return ForeignKeyTarget(label_text(target), string(to_field) or "pk", is_label=True)
    model = concrete(state, model)
    return ForeignKeyTarget(table_name(model), referred_column(model, string(to_field)))


def concrete(state: SchemaState, model: ModelState) -> ModelState:
    """The model whose table a proxy uses."""
    seen = {model.key}
    while model.option("proxy") == TRUE:
        parent = first_parent(state, model)
        if parent is None or parent.key in seen:
            return model
        seen.add(parent.key)
        model = parent
    return model


def first_parent(state: SchemaState, model: ModelState) -> ModelState | None:
    """The first of the bases that is a model of the state."""
    keys = (key_of(base) for base in model.bases)
    return next((state.models[key] for key in keys if key is not None and key in state.models), None)


def referred_column(model: ModelState, to_field: str | None) -> str:
    if to_field is None:
        return "pk"
    found = model.field(to_field)
    if not isinstance(found, Field):
        return "pk" if to_field in ("id", "pk") else to_field
    return "pk" if is_primary_key(found) else column_name(to_field, found)


def tables_of(state: SchemaState, model: ModelState) -> ModelTables:
    """All tables of a model, as a fresh install has them."""
    if not has_tables(model):
        return NO_TABLES
    return ModelTables((table_name(model), main_table(state, model)), dict(many_tables(state, model)))


def main_table(state: SchemaState, model: ModelState) -> Table:
    columns = dict(columns_of(state, model))
    indexes = unnamed(automatic_indexes(model))
    indexes.update((name, index_definition(model, value, column_of)) for name, value in model.indexes)
    constraints = {name: constraint_definition(model, value, column_of) for name, value in model.constraints}
    comment = model.option("db_table_comment")
    return Table(columns, indexes, constraints, "" if comment is None or comment == NONE else render(comment))


def columns_of(state: SchemaState, model: ModelState) -> Iterator[tuple[str, Column]]:
    """The automatic primary key, the fields, `_order`."""
    automatic = automatic_key(state, model)
    if automatic:
        yield automatic
    for name, field in model.fields:
        yield from column_pair(state, name, field)
    if model.option("order_with_respect_to") not in (None, NONE):
        yield ORDER, Column("IntegerField")


def column_pair(state: SchemaState, name: str, field: Field | Opaque) -> Iterator[tuple[str, Column]]:
    if isinstance(field, Opaque):
        yield name, Column(f"<opaque {field.source}>", is_read=False)
    elif has_column(field):
        column = column_of_field(field)
        if column.target is not None:
            target = target_of(state, field.argument("to"), field.argument("to_field"))
            column = dataclasses.replace(column, target=target)
        yield column_name(name, field), column


def column_names(state: SchemaState, model: ModelState) -> frozenset[str]:
    """Of the main table, without what they are."""
    automatic = automatic_key(state, model)
    more = {automatic[0]} if automatic else set()
    if model.option("order_with_respect_to") not in (None, NONE):
        more.add(ORDER)
    names = names_of_columns(model.fields)
    return names | more if more else names


@by_identity
def names_of_columns(fields: tuple[tuple[str, Field | Opaque], ...]) -> frozenset[str]:
    return frozenset(name for name in map(name_of_column, fields) if name is not None)


@by_identity
def name_of_column(pair: tuple[str, Field | Opaque]) -> str | None:
    """The column of a model's (name, field), if it has one."""
    name, field = pair
    if isinstance(field, Opaque):
        return name
    return column_name(name, field) if has_column(field) else None


def automatic_key(state: SchemaState, model: ModelState) -> tuple[str, Column] | None:
    """The primary key that `Options._prepare` adds where no field is one: `<parent>_ptr` to a concrete parent, else `id`."""
    if any(map(may_hold_key, model.fields)):
        return None
    parent = first_parent(state, model)
    if parent is None:
        return "id", AUTO_COLUMN
    target = target_of(state, Constant(str(parent.key)))
    return f"{parent.key.model}_ptr_id", Column(target=target, primary_key=True)


@by_identity
def may_hold_key(pair: tuple[str, Field | Opaque]) -> bool:
    """Of a model's (name, field): one that cannot be read may be a primary key."""
    _, field = pair
    return isinstance(field, Opaque) or holds_key(field)


def holds_key(field: Field) -> bool:
    """A primary key, or the link to the parent, which becomes one."""
    return (
        is_primary_key(field)
        or field.argument("parent_link") == TRUE
        or field.path.endswith((".AutoField", ".BigAutoField", ".SmallAutoField", ".CompositePrimaryKey"))
    )


def automatic_indexes(model: ModelState) -> Iterator[IndexDefinition]:
    """What `unique`, `db_index` and the togethers make."""
    for name, field in model.fields:
        if isinstance(field, Field) and has_column(field):
            yield from field_indexes(name, field)
        elif isinstance(field, Field) and field.path == COMPOSITE_KEY:
            parts = [string(value) or "?" for position, value in field.arguments if position.isdigit()]
            yield IndexDefinition("primary key", tuple(column_of(model, part) for part in parts))
    for names in sorted(model.unique_together):
        yield IndexDefinition("unique", tuple(column_of(model, name) for name in names))
    for names in sorted(model.index_together):
        yield IndexDefinition("index", tuple(column_of(model, name) for name in names))


def field_indexes(name: str, field: Field) -> Iterator[IndexDefinition]:
    column = column_name(name, field)
    if is_unique(field):
        yield IndexDefinition("unique", (column,))
    if is_indexed(field):
        yield IndexDefinition("index", (column,))


def many_tables(state: SchemaState, model: ModelState) -> Iterator[tuple[str, tuple[str, Table]]]:
    for name, field in model.fields:
        if isinstance(field, Field) and owns_table(field):
            yield name, (many_table_name(model, name, field), many_table(state, model, field))


def owns_table(field: Field) -> bool:
    """A many-to-many field without `through`."""
    return is_many_to_many(field) and field.argument("through") is None


def many_table_name(model: ModelState, name: str, field: Field) -> str:
    return string(field.argument("db_table")) or f"{table_name(model)}_{name}"


def many_table(state: SchemaState, model: ModelState, field: Field) -> Table:
    """`create_many_to_many_intermediary_model`: an id, two foreign keys, unique together, an index each."""
    source, target = many_columns(model, field)
    ours, theirs = (target_of(state, to) for to in (Constant(str(model.key)), field.argument("to")))
    is_constrained = field.argument("db_constraint") is None
    columns = {
        "id": AUTO_COLUMN,
        source: Column(target=ours, is_constrained=is_constrained),
        target: Column(target=theirs, is_constrained=is_constrained),
    }
    indexes = [
        IndexDefinition("unique", (source, target)),
        IndexDefinition("index", (source,)),
        IndexDefinition("index", (target,)),
    ]
    return Table(columns, unnamed(indexes))


def many_columns(model: ModelState, field: Field) -> tuple[str, str]:
    """The two columns: "from_…" and "to_…" where the field refers to its own model."""
    to = field.argument("to")
    name = target_name(to)
    if key_of(to) == model.key or name == model.key.model:
        return f"from_{model.key.model}_id", f"to_{name}_id"
    return f"{model.key.model}_id", f"{name}_id"


def target_name(to: Value | None) -> str:
    """The model name in a many-to-many column. A swappable model goes by its setting: the tree does not say which it is."""
    key = key_of(to)
    if key is not None:
        return key.model
    return f"[{label_text(to)}]"


def model_tables(state: SchemaState, key: ModelKey) -> ModelTables:
    model = state.models.get(key)
    return tables_of(state, model) if model else NO_TABLES


def physical_of(state: SchemaState) -> PhysicalSchema:
    """The tables that the state's models have. Extensions and collations are not in a state, so they are not here."""
    tables: dict[str, Table] = {}
    for key in sorted(state.models):
        tables.update(tables_of(state, state.models[key]).all)
    return PhysicalSchema(dict(sorted(tables.items())))
