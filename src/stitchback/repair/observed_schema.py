"""Adjusts a symbolic schema to the names that a database shows, where they differ from the recorded migrations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import replace

from stitchback.model.physical import Column, IndexDefinition, PhysicalSchema, Table, unnamed
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.schema_of_applied import names_of
from stitchback.repair.schema_search import is_table, lacking
from stitchback.repair.visible_schema import Names
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash
from stitchback.schema.effects import (
    AddColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    Effect,
    RenameColumn,
    RenameTable,
)

UNKNOWN = Column("seen, of a type that no migration creates")


def adjusted(
    schema: PhysicalSchema, missing: Names, extra: Names, effects: Iterable[Effect]
) -> PhysicalSchema:
    """The schema without the missing names and with the additional ones, as far as the effects of migrations define their shape."""
    if not missing and not extra:
        return schema
    effects = tuple(effects)
    columns = {
        (each.table.lower(), name.lower())
        for each in effects
        if isinstance(each, RenameColumn)
        for name in (each.before, each.after)
    }
    for rename in effects:
        if isinstance(rename, RenameColumn | RenameTable):
            for one_way in (rename, replace(rename, before=rename.after, after=rename.before)):
                schema, missing, extra = _renamed(schema, missing, extra, one_way, columns)
    known = KnownNames(effects)
    tables = dict(_with_tables(schema, missing, extra, known))
    adjusted_tables = {
        name: _adjusted_table(name, table, missing, extra, known) for name, table in tables.items()
    }
    return replace(schema, tables=adjusted_tables)


def _renamed(
    schema: PhysicalSchema,
    missing: Names,
    extra: Names,
    effect: RenameColumn | RenameTable,
    columns: Collection[tuple[str, str]],
) -> tuple[PhysicalSchema, Names, Names]:
    """Applies the rename if the database has the new name and lacks the old one, and removes the names that it explains. The other way round
    it is a rename whose row a database has although another file of that name ran."""
    table = "" if isinstance(effect, RenameTable) else effect.table.lower()
    old, new = effect.before.lower(), effect.after.lower()
    before, after = (Presence(table, name) if table else Presence(name) for name in (old, new))
    if before not in missing or after not in extra:
        return schema, missing, extra
    try:
        schema = run_effect(schema, effect)
    except Clash:
        return schema, missing, extra
    names = names_of(schema)
    gone = {
        name
        for name in missing
        if (name.column if table else name.table) == old and table in ("", name.table)
    }
    # A column of a renamed table may have another name there too: its own effect, on the table's new name, explains that.
    lost = {replace(name, table=new) for name in gone if (new, name.column) in columns} & names - extra
    return schema, (missing - gone) | lost, extra - names


MOST_ROUNDS = 3  # tables, then their columns, then the shapes of these


def as_shown(schema: PhysicalSchema, shown: Names, effects: Iterable[Effect]) -> PhysicalSchema:
    """A schema with exactly the names that the database shows. Existing names keep their shape; the effects define the shape of the others."""
    effects = tuple(effects)
    for _ in range(MOST_ROUNDS):
        names = names_of(schema)
        missing, extra = lacking(names, shown), lacking(shown, names)
        if not missing and not extra:
            break
        schema = adjusted(schema, missing, extra, effects)
    return schema


class KnownNames:
    """The names that migrations create, in lower case."""

    def __init__(self, effects: Iterable[Effect]) -> None:
        self.tables: dict[str, CreateTable] = {}
        self.columns: dict[tuple[str, str], AddColumn] = {}
        self.indexes: dict[tuple[str, str], CreateIndex | CreateConstraint] = {}
        for effect in effects:
            match effect:
                case CreateTable(name=name):
                    self.tables.setdefault(name.lower(), effect)
                case AddColumn(table=table, column=column):
                    self.columns.setdefault((table.lower(), column.lower()), effect)
                case CreateIndex(table=table, name=name) | CreateConstraint(table=table, name=name):
                    self.indexes.setdefault((table.lower(), name.lower()), effect)
                case _:
                    pass


def _with_tables(
    schema: PhysicalSchema, missing: Names, extra: Names, known: KnownNames
) -> Iterator[tuple[str, Table]]:
    gone = {name.table for name in missing if is_table(name)}
    there = {name.lower() for name in schema.tables}
    for name, table in schema.tables.items():
        if name.lower() not in gone:
            yield name, table
    for each in sorted(extra):
        if is_table(each) and each.table not in there:
            made = known.tables.get(each.table)
            yield (made.name, made.table) if made else (each.table, Table())


def _adjusted_table(name: str, table: Table, missing: Names, extra: Names, known: KnownNames) -> Table:
    folded = name.lower()
    gone = {each.column for each in missing if each.table == folded and not each.trait}
    columns = {column: shape for column, shape in table.columns.items() if column.lower() not in gone}
    lost = table.columns.keys() - columns.keys()
    indexes, constraints = (
        _without(definitions, missing, lost) for definitions in (table.indexes, table.constraints)
    )
    there = {column.lower() for column in columns}
    for each in sorted(extra):
        if each.table == folded and each.column and not each.trait and each.column not in there:
            made = known.columns.get((folded, each.column))
            columns[made.column if made else each.column] = made.shape if made else UNKNOWN
            indexes.update(unnamed(made.indexes) if made else {})
        elif each.index and (folded, each.index) in known.indexes:
            index = known.indexes[folded, each.index]
            (indexes if isinstance(index, CreateIndex) else constraints)[index.name] = index.definition
    traits = [each for each in sorted(extra) if each.table == folded and each.trait]
    for trait in traits:
        for column in columns:
            if column.lower() == trait.column:
                columns[column] = _with_trait(columns[column], trait.trait)
    return replace(table, columns=columns, indexes=indexes, constraints=constraints)


def _without(
    definitions: Mapping[str, IndexDefinition], missing: Names, lost: Set[str]
) -> dict[str, IndexDefinition]:
    """The definitions without the missing ones and those over a column that is lost: every engine drops them with it."""
    gone = {each.index for each in missing if each.index}
    return {
        name: definition
        for name, definition in definitions.items()
        if name.lower() not in gone and lost.isdisjoint(definition.column_names)
    }


def _with_trait(column: Column, trait: str) -> Column:
    """The column with another length, or with NULL allowed or not."""
    if trait.startswith("varchar"):
        has_length = column.type == "varchar" and column.arguments.isdigit()
        return replace(column, arguments=trait[len("varchar(") : -1]) if has_length else column
    if trait.startswith("type"):
        return column  # a name does not define the shape of another type
    return replace(column, null=trait == "null")
