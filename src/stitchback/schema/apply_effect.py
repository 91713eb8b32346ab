"""A database after an effect.

A schema object that is created twice, or removed where it is not, is a Clash, on SQLite too (FACTS F31: SQLite itself would say
nothing, and lose the column's values).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from stitchback.model.physical import (
    Column,
    ForeignKeyTarget,
    IndexDefinition,
    PhysicalSchema,
    Table,
    unnamed,
)
from stitchback.model.problems import ProblemKind
from stitchback.schema.clashes import Clash
from stitchback.schema.effects import (
    AddColumn,
    AddOther,
    AlterColumn,
    AlterComment,
    ChangeIndexName,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Effect,
    Fails,
    Forget,
    MakeUniqueTogether,
    Remake,
    RemoveOther,
    RenameColumn,
    RenameTable,
    RunData,
    Unknown,
    Uses,
)
from stitchback.schema.inserting import column_must_be_given
from stitchback.schema.tables import AUTO_COLUMN

Definitions = Mapping[str, IndexDefinition]


def run_effect(physical: PhysicalSchema, effect: Effect) -> PhysicalSchema:
    """The schema after the effect. Raises Clash. A conditional effect whose schema object already is so changes nothing."""
    match effect:
        case CreateTable() | DropTable() | RenameTable():
            return run_on_tables(physical, effect)
        case AddColumn() | DropColumn() | AlterColumn() | RenameColumn():
            return run_on_columns(physical, effect)
        case CreateIndex() | DropIndex() | ChangeIndexName() | CreateConstraint() | DropConstraint():
            return run_on_definitions(physical, effect)
        case MakeUniqueTogether(table=table, definitions=definitions):
            return with_table(physical, table, unique_together_made(table_in(physical, table), definitions))
        case AlterComment(table=table, comment=comment):
            return with_table(physical, table, replace(table_in(physical, table), comment=comment))
        case AddOther(text=text, conditional=conditional):
            if text in physical.others and not conditional:
                raise Clash.of(ProblemKind.OBJECT_EXISTS, text)
            return replace(physical, others=physical.others | {text})
        case RemoveOther(text=text, conditional=conditional):
            if text not in physical.others and not conditional:
                raise Clash.of(ProblemKind.OBJECT_MISSING, text)
            return replace(physical, others=physical.others - {text})
        case Uses():
            return run_query(physical, effect)
        case Fails(problem=problem):
            raise Clash(problem)
        case RunData() | Unknown() | Forget() | Remake():
            return physical
        case _:
            assert_never(effect)


def run_query(physical: PhysicalSchema, effect: Uses) -> PhysicalSchema:
    columns = table_in(physical, effect.table).columns
    missing = effect.columns - columns.keys()
    if missing:
        raise Clash.of(ProblemKind.QUERY_WITHOUT_COLUMN, effect.label, effect.table, tuple(sorted(missing)))
    for name in sorted(effect.unset & columns.keys()):
        if column_must_be_given(columns[name]):
            raise Clash.of(ProblemKind.ROWS_WITHOUT_COLUMN, effect.label, effect.table, name)
    return physical


def with_table(physical: PhysicalSchema, name: str, table: Table) -> PhysicalSchema:
    return replace(physical, tables={**physical.tables, name: table})


def table_in(physical: PhysicalSchema, name: str) -> Table:
    """Raises Clash where there is no such table."""
    table = physical.tables.get(name)
    if table is None:
        raise Clash.of(ProblemKind.TABLE_MISSING, name)
    return table


def run_on_tables(physical: PhysicalSchema, effect: CreateTable | DropTable | RenameTable) -> PhysicalSchema:
    match effect:
        case CreateTable(name=name, table=table, unless=unless, conditional=conditional):
            if unless in physical.tables:
                return physical
            if name not in physical.tables:
                return with_table(physical, name, table)
            if conditional:
                return physical
            raise Clash.of(ProblemKind.TABLE_EXISTS, name)
        case DropTable(name=name, conditional=conditional):
            if name in physical.tables:
                rest = {key: table for key, table in physical.tables.items() if key != name}
                return replace(physical, tables=rest)
            if conditional:
                return physical
            raise Clash.of(ProblemKind.TABLE_MISSING, name)
        case RenameTable():
            return rename_table(physical, effect)
        case _:
            assert_never(effect)


def rename_table(physical: PhysicalSchema, effect: RenameTable) -> PhysicalSchema:
    before, after = effect.before, effect.after
    if effect.conditional and (before not in physical.tables or after in physical.tables):
        return physical
    table_in(physical, before)
    if after in physical.tables and not effect.over:
        raise Clash.of(ProblemKind.TABLE_EXISTS, after)
    tables = {after if key == before else key: table for key, table in physical.tables.items()}
    if after in physical.tables:
        tables[after] = physical.tables[after]
    moved = {
        key: retargeted(
            table, lambda target: replace(target, table=after) if target.table == before else target
        )
        for key, table in tables.items()
    }
    return replace(physical, tables=moved)


def retargeted(table: Table, follow: Callable[[ForeignKeyTarget], ForeignKeyTarget]) -> Table:
    """The table with what its foreign keys refer to afterwards."""
    moved = {
        name: replace(column, target=follow(column.target))
        for name, column in table.columns.items()
        if column.target is not None and not column.target.is_label and follow(column.target) != column.target
    }
    return replace(table, columns={**table.columns, **moved}) if moved else table


def run_on_columns(
    physical: PhysicalSchema, effect: AddColumn | DropColumn | AlterColumn | RenameColumn
) -> PhysicalSchema:
    if is_conditional_effect(physical, effect):
        return physical
    table = table_in(physical, effect.table)
    match effect:
        case AddColumn():
            return with_table(physical, effect.table, column_added(table, effect))
        case DropColumn():
            return with_table(physical, effect.table, column_dropped(table, effect))
        case AlterColumn():
            return with_table(physical, effect.table, column_altered(table, effect))
        case RenameColumn():
            renamed = with_table(physical, effect.table, column_moved(table, effect))
            return references_moved(renamed, effect)
        case _:
            assert_never(effect)


def is_conditional_effect(physical: PhysicalSchema, effect: Effect) -> bool:
    """Whether a conditional effect finds no table, and so nothing to take away or to rename there."""
    match effect:
        case DropColumn() | RenameColumn() | DropIndex() | ChangeIndexName() | DropConstraint():
            return effect.conditional and effect.table not in physical.tables
        case _:
            return False


def column_added(table: Table, effect: AddColumn) -> Table:
    if effect.column in table.columns:
        if effect.conditional:
            return table
        raise Clash.of(ProblemKind.COLUMN_EXISTS, effect.table, effect.column)
    columns = {**table.columns, effect.column: effect.shape}
    return replace(table, columns=columns, indexes={**table.indexes, **unnamed(effect.indexes)})


def column_dropped(table: Table, effect: DropColumn) -> Table:
    if effect.column not in table.columns:
        if effect.conditional:
            return table
        raise Clash.of(ProblemKind.COLUMN_MISSING, effect.table, effect.column)
    return replace(
        table,
        columns={name: shape for name, shape in table.columns.items() if name != effect.column},
        indexes=without_column(table.indexes, effect.column),
        constraints=without_column(table.constraints, effect.column),
    )


def without_column(definitions: Definitions, column: str) -> dict[str, IndexDefinition]:
    return {name: each for name, each in definitions.items() if column not in each.column_names}


def column_altered(table: Table, effect: AlterColumn) -> Table:
    """Altering to what the column is already is harmless, unless a foreign key is part of what changes, or MySQL refuses a NULL on the way."""
    found = table.columns.get(effect.column)
    if found is None:
        raise Clash.of(ProblemKind.COLUMN_MISSING, effect.table, effect.column)
    foreign_key_changes = constraint_of(effect.before) != constraint_of(effect.after)
    is_harmless = not (foreign_key_changes or type_before_null(effect.before, effect.after))
    again = effect.conditional or (found == effect.after and is_harmless)
    if found != effect.before and not again and not was_automatic(found, effect.before):
        raise Clash.of(ProblemKind.COLUMN_IS_OTHER, effect.table, effect.column, found, effect.before)
    return replace(table, columns={**table.columns, effect.column: effect.after})


def was_automatic(found: Column, before: Column) -> bool:
    """A many-to-many table's own key, where the state has made a model of the table since and named the key's type."""
    named = replace(before, type="", primary_key=False) == Column() and before.type.endswith("AutoField")
    return found == AUTO_COLUMN and named and before.primary_key


def type_before_null(before: Column, after: Column) -> bool:
    """Whether the alteration fails on MySQL where a value is NULL already: Django sets the new type first, still with NOT NULL
    (`DatabaseSchemaEditor._set_field_new_type`)."""
    type_alone = replace(
        after,
        null=before.null,
        options=before.options,
        on_delete=before.on_delete,
        is_constrained=before.is_constrained,
    )
    return after.null and not before.null and type_alone != before


def constraint_of(column: Column) -> ForeignKeyTarget | None:
    """The target of the constraint that the column implies."""
    return column.target if column.is_constrained else None


def column_moved(table: Table, effect: RenameColumn) -> Table:
    before, after = effect.before, effect.after
    if effect.conditional and (before not in table.columns or after in table.columns):
        return table
    if before not in table.columns:
        raise Clash.of(ProblemKind.COLUMN_MISSING, effect.table, before)
    if after in table.columns:
        raise Clash.of(ProblemKind.COLUMN_EXISTS, effect.table, after)
    return replace(
        table,
        columns={after if name == before else name: shape for name, shape in table.columns.items()},
        indexes=definitions_moved(table.indexes, before, after),
        constraints=definitions_moved(table.constraints, before, after),
    )


def definitions_moved(definitions: Definitions, before: str, after: str) -> dict[str, IndexDefinition]:
    moved: dict[str, IndexDefinition] = {}
    for name, definition in definitions.items():
        new = definition.with_column_renamed(before, after)
        moved[str(new) if name == str(definition) else name] = new
    return moved


def references_moved(physical: PhysicalSchema, effect: RenameColumn) -> PhysicalSchema:
    old = ForeignKeyTarget(effect.table, effect.before)
    new = ForeignKeyTarget(effect.table, effect.after)
    tables = {
        name: retargeted(table, lambda target: new if target == old else target)
        for name, table in physical.tables.items()
    }
    return replace(physical, tables=tables)


def run_on_definitions(
    physical: PhysicalSchema,
    effect: CreateIndex | DropIndex | ChangeIndexName | CreateConstraint | DropConstraint,
) -> PhysicalSchema:
    if is_conditional_effect(physical, effect):
        return physical
    table = table_in(physical, effect.table)
    match effect:
        case CreateIndex(name=name, definition=definition, conditional=conditional):
            indexes = added("index", effect.table, table.indexes, name, definition, conditional)
            needs_columns(table, effect)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case DropIndex(name=name, conditional=conditional):
            indexes = dropped("index", effect.table, table.indexes, name, conditional)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case ChangeIndexName(after=after, conditional=conditional):
            before = index_on(table, effect) if effect.columns else effect.before
            indexes = renamed(effect.table, table.indexes, before, after, conditional)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case CreateConstraint(name=name, definition=definition, conditional=conditional):
            found = added("constraint", effect.table, table.constraints, name, definition, conditional)
            needs_columns(table, effect)
            return with_table(physical, effect.table, replace(table, constraints=found))
        case DropConstraint(name=name, conditional=conditional):
            found = dropped("constraint", effect.table, table.constraints, name, conditional)
            return with_table(physical, effect.table, replace(table, constraints=found))
        case _:
            assert_never(effect)


def unique_together_made(table: Table, definitions: tuple[IndexDefinition, ...]) -> Table:
    kept = {name: each for name, each in table.indexes.items() if not is_unique_together(name, each)}
    return replace(table, indexes={**kept, **unnamed(definitions)})


def is_unique_together(name: str, definition: IndexDefinition) -> bool:
    """One that Django named for itself, of more than one column."""
    return definition.kind == "unique" and len(definition.columns) > 1 and name == str(definition)


def added(
    kind: str, table: str, found: Definitions, name: str, definition: IndexDefinition, conditional: bool
) -> dict[str, IndexDefinition]:
    if name not in found:
        return {**found, name: definition}
    if conditional:
        return dict(found)
    raise Clash.of(ProblemKind.DEFINITION_EXISTS, kind, name, table)


def needs_columns(table: Table, effect: CreateIndex | CreateConstraint) -> None:
    """Raises Clash where a column is not there that what is made needs; what is there already needs nothing."""
    there = table.indexes if isinstance(effect, CreateIndex) else table.constraints
    missing = sorted(effect.columns - table.columns.keys())
    if missing and effect.name not in there:
        raise Clash.of(ProblemKind.COLUMN_NEEDED, effect.table, missing[0], effect.name)


def dropped(
    kind: str, table: str, found: Definitions, name: str, conditional: bool
) -> dict[str, IndexDefinition]:
    if name not in found and not conditional:
        raise Clash.of(ProblemKind.DEFINITION_MISSING, kind, name, table)
    return {key: definition for key, definition in found.items() if key != name}


def index_on(table: Table, effect: ChangeIndexName) -> str:
    """The name of the only index, of any class, on the columns."""
    names = [
        name
        for name, definition in table.indexes.items()
        if definition.kind == "index" and definition.column_names == effect.columns
    ]
    if len(names) != 1:
        raise Clash.of(ProblemKind.NOT_ONE_INDEX, len(names), effect.table, effect.columns)
    return names[0]


def renamed(
    table: str, found: Definitions, before: str, after: str, conditional: bool
) -> dict[str, IndexDefinition]:
    if conditional and (before not in found or after in found):
        return dict(found)
    if before == after and after in found:
        return dict(found)
    if before not in found:
        raise Clash.of(ProblemKind.DEFINITION_MISSING, "index", before, table)
    if after in found:
        raise Clash.of(ProblemKind.DEFINITION_EXISTS, "index", after, table)
    return {after if key == before else key: definition for key, definition in found.items()}
