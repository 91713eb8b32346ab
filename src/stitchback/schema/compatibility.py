"""What of one release's models does not work on a database with the schema of another release.

A release's code is compatible with a schema when each query works that Django's ORM can issue for its models: it selects every column of a model
(`Query.get_default_columns`), and it inserts a value for every column (`SQLInsertCompiler`), so columns that it does not know keep their default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.model.keys import ModelKey
from stitchback.model.physical import Column, IndexDefinition, PhysicalSchema, Table
from stitchback.model.state import ModelState, SchemaState
from stitchback.schema.column_values import ColumnShape, is_known, lost_values, read_shape
from stitchback.schema.tables import name_of_column, tables_of


@dataclass(frozen=True, slots=True)
class CodeTable:
    """`many`: the many-to-many field whose table it is, "" for the model's own. `fields`: column -> field name. `label`: the model as its class is called."""

    model: ModelKey
    label: str
    many: str
    name: str
    table: Table
    fields: Mapping[str, str]

    def field(self, column: str) -> str:
        return self.many or self.fields.get(column, column)


def code_tables(code: SchemaState) -> Iterator[CodeTable]:
    """Of every model, in the order of the state. Proxies and unmanaged models have none."""
    for model in code.models.values():
        tables = tables_of(code, model)
        if tables.main is not None:
            name, table = tables.main
            yield CodeTable(model.key, model.name, "", name, table, fields_by_column(model))
        for many, (name, table) in tables.many.items():
            yield CodeTable(model.key, model.name, many, name, table, {})


def fields_by_column(model: ModelState) -> dict[str, str]:
    pairs = ((name_of_column(pair), pair[0]) for pair in model.fields)
    return {column: name for column, name in pairs if column is not None}


@dataclass(frozen=True, slots=True)
class Usage:
    """Where code and schema do not fit. `field`: of the model; "" for the model itself. `many`: the field is many-to-many, and `table` its table."""

    model: ModelKey
    label: str
    field: str
    table: str
    many: bool = False

    def __str__(self) -> str:
        return ".".join(filter(None, (self.model.app, self.label, self.field)))


@dataclass(frozen=True, slots=True)
class MissingTable:
    usage: Usage


@dataclass(frozen=True, slots=True)
class MissingColumn:
    usage: Usage
    column: str


@dataclass(frozen=True, slots=True)
class UnfilledColumn:
    """A column that the models do not have: NOT NULL, without a default in the database. `shape`: what it is."""

    usage: Usage
    column: str
    shape: Column


@dataclass(frozen=True, slots=True)
class RefusedNull:
    """The field is nullable, and the column is NOT NULL."""

    usage: Usage
    column: str


@dataclass(frozen=True, slots=True)
class LostDefault:
    """The field leaves the value to the database (`db_default`), and the column has no default."""

    usage: Usage
    column: str


@dataclass(frozen=True, slots=True)
class LostValues:
    """`values`: those that the column refuses or changes, in words."""

    usage: Usage
    column: str
    before: ColumnShape
    after: ColumnShape
    values: str


@dataclass(frozen=True, slots=True)
class NewUniqueness:
    usage: Usage
    name: str
    definition: IndexDefinition


@dataclass(frozen=True, slots=True)
class NewConstraint:
    """A check or an exclusion constraint."""

    usage: Usage
    name: str
    definition: IndexDefinition


@dataclass(frozen=True, slots=True)
class NewReference:
    """The database enforces a foreign key to `target`, and the field may hold another value."""

    usage: Usage
    column: str
    target: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """A field class of a package or project, of which it is unknown which column it makes: `before` was altered to `after`. Where both are the same, its
    arguments were."""

    usage: Usage
    column: str
    before: str
    after: str


Incompatibility = (
    MissingTable | MissingColumn | UnfilledColumn | RefusedNull | LostDefault | LostValues | NewUniqueness
    | NewConstraint | NewReference | Undecided
)  # fmt: skip


def incompatibilities(code: SchemaState, physical: PhysicalSchema, engine: str) -> Iterator[Incompatibility]:
    """All of them, in the order of the models. `engine`: Django's vendor."""
    for table in code_tables(code):
        there = physical.tables.get(table.name)
        if there is None:
            yield MissingTable(usage_of(table, ""))
            continue
        yield from _columns(table, there, physical, engine)
        yield from _uniqueness(table, there, engine)
        yield from _constraints(table, there, engine)


def usage_of(table: CodeTable, field: str) -> Usage:
    return Usage(table.model, table.label, table.many or field, table.name, bool(table.many))


def _columns(
    table: CodeTable, there: Table, physical: PhysicalSchema, engine: str
) -> Iterator[Incompatibility]:
    for column, text in table.table.columns.items():
        usage = usage_of(table, table.field(column))
        if column not in there.columns:
            yield MissingColumn(usage, column)
        else:
            yield from _column(
                usage, column, read_shape(text), read_shape(there.columns[column]), physical, engine
            )
    for column, text in there.columns.items():
        is_unfilled = column not in table.table.columns and read_shape(text).must_be_given
        is_ignored = table.many and engine == "mysql"  # `add()` is INSERT IGNORE there, which fills it
        if is_unfilled and not is_ignored:
            yield UnfilledColumn(usage_of(table, ""), column, text)


def _column(
    usage: Usage, column: str, code: ColumnShape, there: ColumnShape, physical: PhysicalSchema, engine: str
) -> Iterator[Incompatibility]:
    if code.column == there.column:
        return
    if code.null and not there.null and not there.column.primary_key:
        yield RefusedNull(usage, column)
    if code.default and not there.default and engine != "sqlite":
        yield LostDefault(usage, column)
    if there.constrained and there.table in physical.tables and _is_redirected(code, there, physical):
        yield NewReference(usage, column, there.table)
    if code.type_text != there.type_text and not (is_known(code) and is_known(there)):
        yield Undecided(usage, column, code.kind, there.kind)
        return
    values = lost_values(code, there, engine)
    if values:
        yield LostValues(usage, column, code, there, values)


def _is_redirected(code: ColumnShape, there: ColumnShape, physical: PhysicalSchema) -> bool:
    """A renamed table's foreign keys follow it: then the one that the code knows is gone."""
    if not code.constrained:
        return True
    return code.table != there.table and code.table in physical.tables


def _definitions(table: Table, *kinds: str) -> dict[IndexDefinition, str]:
    """Definition -> name, of those kinds."""
    pairs = (*table.indexes.items(), *table.constraints.items())
    return {definition: name for name, definition in pairs if definition.kind in kinds}


def _is_created(definition: IndexDefinition, engine: str) -> bool:
    """Django leaves out a unique constraint that the engine does not have (`UniqueConstraint.create_sql`)."""
    lacking = ("deferrable", "include", "nulls_distinct")
    unsupported = {"mysql": ("condition", *lacking), "sqlite": lacking}.get(engine, ())
    return dict(definition.options).keys().isdisjoint(unsupported)


def _uniqueness(table: CodeTable, there: Table, engine: str) -> Iterator[NewUniqueness]:
    own = _definitions(table.table, "unique", "primary key")
    sets = [{*definition.columns} for definition in own if definition.is_plain]
    for definition, name in _definitions(there, "unique", "primary key").items():
        columns = definition.column_names
        is_implied = any(other <= {*columns} for other in sets)
        if (
            definition not in own
            and _is_created(definition, engine)
            and not is_implied
            and not _is_never_equal(definition, table, there)
        ):
            fields = [table.field(column) for column in columns if column in table.table.columns]
            yield NewUniqueness(usage_of(table, fields[0] if len(fields) == 1 else ""), name, definition)


def _is_never_equal(definition: IndexDefinition, table: CodeTable, there: Table) -> bool:
    """Rows of the code leave a column that it does not know NULL, and two NULLs are not equal; or that column is missing a value altogether, or has lost its
    name, which is another incompatibility."""
    unknown = [
        there.columns[name]
        for name in definition.column_names
        if name not in table.table.columns and name in there.columns
    ]
    shapes = [read_shape(text) for text in unknown]
    nulls = (
        any(shape.null and not shape.default for shape in shapes)
        and ("nulls_distinct", "False") not in definition.options
    )
    computed = any(_differs_each_time(shape) for shape in shapes)
    return nulls or computed or any(shape.must_be_given for shape in shapes)


def _differs_each_time(shape: ColumnShape) -> bool:
    return "uuid" in shape.default.lower() or "random" in shape.default.lower()


def _constraints(table: CodeTable, there: Table, engine: str) -> Iterator[NewConstraint]:
    """Exclusion constraints are PostgreSQL's alone."""
    kinds = ("check", "constraint") if engine == "postgresql" else ("check",)
    own = _definitions(table.table, *kinds)
    known = {*table.table.columns, *table.fields.values()}
    for definition, name in _definitions(there, *kinds).items():
        text = str(definition)
        if definition not in own and (_names(text, known) or _refuses_null(text)):
            yield NewConstraint(usage_of(table, ""), name, definition)


def _names(text: str, fields: set[str]) -> bool:
    """Whether the definition names one of the fields: what it says of others is true of each row that the code inserts."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?=__|\b)", text) for name in fields)


def _refuses_null(text: str) -> bool:
    return re.search(r"__isnull\b\W*(?:=|,)?\W*False", text) is not None
