"""A database after an effect.

A schema object that is created twice, or removed where it is not, is a Clash, on SQLite too (FACTS F31: SQLite itself would say
nothing, and lose the column's values).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.schema.definitions import column_renamed, columns_in
from stitchback.schema.effects import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AddOther,
    AlterColumn,
    AlterComment,
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
    RenameIndex,
    RenameTable,
    RunData,
    Unknown,
    Uses,
)
from stitchback.schema.inserting import column_must_be_given
from stitchback.schema.problems import Clash
from stitchback.schema.tables import AUTO_COLUMN


def run_effect(physical: PhysicalSchema, effect: Effect) -> PhysicalSchema:
    """The schema after the effect. Raises Clash. A conditional effect whose schema object already is so changes nothing."""
    match effect:
        case CreateTable() | DropTable() | RenameTable():
            return run_on_tables(physical, effect)
        case AddColumn() | DropColumn() | AlterColumn() | RenameColumn():
            return run_on_columns(physical, effect)
        case AddIndex() | DropIndex() | RenameIndex() | AddConstraint() | DropConstraint():
            return run_on_definitions(physical, effect)
        case MakeUniqueTogether(table=table, definitions=definitions):
            return with_table(physical, table, unique_together_made(table_in(physical, table), definitions))
        case AlterComment(table=table, comment=comment):
            return with_table(physical, table, replace(table_in(physical, table), comment=comment))
        case AddOther(text=text, conditional=conditional):
            if text in physical.others and not conditional:
                raise Clash(f"{text} exists already")
            return replace(physical, others=physical.others | {text})
        case RemoveOther(text=text, conditional=conditional):
            if text not in physical.others and not conditional:
                raise Clash(f"{text} does not exist")
            return replace(physical, others=physical.others - {text})
        case Uses():
            return run_query(physical, effect)
        case Fails(reason=reason):
            raise Clash(reason)
        case RunData() | Unknown() | Forget() | Remake():
            return physical
        case _:
            assert_never(effect)


def run_query(physical: PhysicalSchema, effect: Uses) -> PhysicalSchema:
    columns = table_in(physical, effect.table).columns
    missing = effect.columns - columns.keys()
    if missing:
        raise Clash(f"{effect.label} uses {effect.table}, which lacks column {', '.join(sorted(missing))}")
    for name in sorted(effect.unset & columns.keys()):
        if column_must_be_given(columns[name]):
            raise Clash(
                f"{effect.label} inserts rows into {effect.table} without a value for column {name}, which is NOT NULL there"
            )
    return physical


def with_table(physical: PhysicalSchema, name: str, table: Table) -> PhysicalSchema:
    return replace(physical, tables={**physical.tables, name: table})


def table_in(physical: PhysicalSchema, name: str) -> Table:
    """Raises Clash where there is no such table."""
    table = physical.tables.get(name)
    if table is None:
        raise Clash(f"table {name} does not exist")
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
            raise Clash(f"table {name} exists already")
        case DropTable(name=name, conditional=conditional):
            if name in physical.tables:
                rest = {key: table for key, table in physical.tables.items() if key != name}
                return replace(physical, tables=rest)
            if conditional:
                return physical
            raise Clash(f"table {name} does not exist")
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
        raise Clash(f"table {after} exists already")
    tables = {after if key == before else key: table for key, table in physical.tables.items()}
    if after in physical.tables:
        tables[after] = physical.tables[after]
    moved = {key: retargeted(table, f"→{before}(", f"→{after}(") for key, table in tables.items()}
    return replace(physical, tables=moved)


def retargeted(table: Table, old: str, new: str) -> Table:
    """The table with foreign keys that begin with `old` beginning with `new`."""
    if not any(shape.startswith(old) for shape in table.columns.values()):
        return table
    columns = {
        name: new + shape.removeprefix(old) if shape.startswith(old) else shape
        for name, shape in table.columns.items()
    }
    return replace(table, columns=columns)


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
        case DropColumn() | RenameColumn() | DropIndex() | RenameIndex() | DropConstraint():
            return effect.conditional and effect.table not in physical.tables
        case _:
            return False


def column_added(table: Table, effect: AddColumn) -> Table:
    if effect.column in table.columns:
        if effect.conditional:
            return table
        raise Clash(f"column {effect.table}.{effect.column} exists already")
    columns = {**table.columns, effect.column: effect.shape}
    return replace(table, columns=columns, indexes={**table.indexes, **dict(effect.indexes)})


def column_dropped(table: Table, effect: DropColumn) -> Table:
    if effect.column not in table.columns:
        if effect.conditional:
            return table
        raise Clash(f"column {effect.table}.{effect.column} does not exist")
    return replace(
        table,
        columns={name: shape for name, shape in table.columns.items() if name != effect.column},
        indexes={name: text for name, text in table.indexes.items() if effect.column not in columns_in(text)},
        constraints={
            name: text for name, text in table.constraints.items() if effect.column not in columns_in(text)
        },
    )


def column_altered(table: Table, effect: AlterColumn) -> Table:
    """Altering to what the column is already is harmless on every engine, unless a foreign key is part of what changes."""
    found = table.columns.get(effect.column)
    if found is None:
        raise Clash(f"column {effect.table}.{effect.column} does not exist")
    again = effect.conditional or (found == effect.after and not foreign_key_changes(effect))
    if found != effect.before and not again and not was_automatic(found, effect.before):
        raise Clash(f"column {effect.table}.{effect.column} is {found}, not {effect.before}")
    return replace(table, columns={**table.columns, effect.column: effect.after})


def was_automatic(found: str, before: str) -> bool:
    """A many-to-many table's own key, where the state has made a model of the table since and named the key's type."""
    return found == AUTO_COLUMN and before.endswith("AutoField primary key")


def foreign_key_changes(effect: AlterColumn) -> bool:
    return foreign_key_part(effect.before) != foreign_key_part(effect.after)


def foreign_key_part(shape: str) -> str:
    """The constraint that a column's shape implies: its target, unless it has no constraint."""
    if not shape.startswith("→"):
        return ""
    target, _, rest = shape.partition(" ")
    return "" if rest.startswith("no constraint") else target


def column_moved(table: Table, effect: RenameColumn) -> Table:
    before, after = effect.before, effect.after
    if effect.conditional and (before not in table.columns or after in table.columns):
        return table
    if before not in table.columns:
        raise Clash(f"column {effect.table}.{before} does not exist")
    if after in table.columns:
        raise Clash(f"column {effect.table}.{after} exists already")
    return replace(
        table,
        columns={after if name == before else name: shape for name, shape in table.columns.items()},
        indexes=definitions_moved(table.indexes.items(), before, after),
        constraints=definitions_moved(table.constraints.items(), before, after),
    )


def definitions_moved(pairs: Iterable[tuple[str, str]], before: str, after: str) -> dict[str, str]:
    moved: dict[str, str] = {}
    for name, text in pairs:
        new = column_renamed(text, before, after)
        moved[new if name == text else name] = new
    return moved


def references_moved(physical: PhysicalSchema, effect: RenameColumn) -> PhysicalSchema:
    old, new = f"→{effect.table}({effect.before})", f"→{effect.table}({effect.after})"
    tables = {name: retargeted(table, old, new) for name, table in physical.tables.items()}
    return replace(physical, tables=tables)


def run_on_definitions(
    physical: PhysicalSchema,
    effect: AddIndex | DropIndex | RenameIndex | AddConstraint | DropConstraint,
) -> PhysicalSchema:
    if is_conditional_effect(physical, effect):
        return physical
    table = table_in(physical, effect.table)
    match effect:
        case AddIndex(name=name, definition=text, conditional=conditional):
            indexes = added("index", effect.table, table.indexes, name, text, conditional)
            needs_columns(table, effect)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case DropIndex(name=name, conditional=conditional):
            indexes = dropped("index", effect.table, table.indexes, name, conditional)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case RenameIndex(after=after, conditional=conditional):
            before = index_on(table, effect) if effect.unnamed else effect.before
            indexes = renamed(effect.table, table.indexes, before, after, conditional)
            return with_table(physical, effect.table, replace(table, indexes=indexes))
        case AddConstraint(name=name, definition=text, conditional=conditional):
            found = added("constraint", effect.table, table.constraints, name, text, conditional)
            needs_columns(table, effect)
            return with_table(physical, effect.table, replace(table, constraints=found))
        case DropConstraint(name=name, conditional=conditional):
            found = dropped("constraint", effect.table, table.constraints, name, conditional)
            return with_table(physical, effect.table, replace(table, constraints=found))
        case _:
            assert_never(effect)


def unique_together_made(table: Table, definitions: tuple[str, ...]) -> Table:
    kept = {name: text for name, text in table.indexes.items() if not is_unique_together(name, text)}
    return replace(table, indexes={**kept, **{text: text for text in definitions}})


def is_unique_together(name: str, text: str) -> bool:
    """One that Django named for itself, of more than one column."""
    return name == text and text.startswith("unique(") and len(columns_in(text)) > 1


def added(
    kind: str, table: str, found: Mapping[str, str], name: str, text: str, conditional: bool
) -> dict[str, str]:
    if name not in found:
        return {**found, name: text}
    if conditional:
        return dict(found)
    raise Clash(f"{kind} {name} on {table} exists already")


def needs_columns(table: Table, effect: AddIndex | AddConstraint) -> None:
    """Raises Clash where a column is not there that what is made needs; what is there already needs nothing."""
    there = table.indexes if isinstance(effect, AddIndex) else table.constraints
    missing = sorted(effect.columns - table.columns.keys())
    if missing and effect.name not in there:
        raise Clash(f"column {effect.table}.{missing[0]} does not exist, which {effect.name} needs")


def dropped(kind: str, table: str, found: Mapping[str, str], name: str, conditional: bool) -> dict[str, str]:
    if name not in found and not conditional:
        raise Clash(f"{kind} {name} on {table} does not exist")
    return {key: text for key, text in found.items() if key != name}


def index_on(table: Table, effect: RenameIndex) -> str:
    """The name of the only index, of any kind, on the columns of a definition."""
    columns = columns_in(effect.before)
    names = [
        name
        for name, text in table.indexes.items()
        if text.startswith("index(") and columns_in(text) == columns
    ]
    if len(names) != 1:
        raise Clash(f"{len(names)} indexes on {effect.table}({', '.join(columns)}), not one")
    return names[0]


def renamed(
    table: str, found: Mapping[str, str], before: str, after: str, conditional: bool
) -> dict[str, str]:
    if conditional and (before not in found or after in found):
        return dict(found)
    if before == after and after in found:
        return dict(found)
    if before not in found:
        raise Clash(f"index {before} on {table} does not exist")
    if after in found:
        raise Clash(f"index {after} on {table} exists already")
    return {after if key == before else key: text for key, text in found.items()}
