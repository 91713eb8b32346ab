"""The result of applying selected migrations of a tree: the schema, its names, and the data operations.

Only plain indexes and constraints count (columns, no condition or expression): some engines skip the others. Three traits of a column count, NULL,
length, and the family of its type, and only if every engine shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from stitchback.engine import EngineCache
from stitchback.engine.engine_cache import EMPTY_STATE
from stitchback.model.keys import MigrationKey
from stitchback.model.physical import Column, IndexDefinition, PhysicalSchema, Table
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.recorder_rules import Keys, Order, RecorderRules
from stitchback.repair.visible_schema import Names
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    ChangeIndexName,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Effect,
    Remake,
    RenameColumn,
    RenameTable,
    RunData,
    Unknown,
    Uses,
)

_NUMBERS = ("Small", "", "Big", "PositiveSmall", "Positive", "PositiveBig")
FAMILIES = {
    "boolean": "boolean",
    "NullBooleanField": "boolean",
    **{f"{size}IntegerField": "number" for size in _NUMBERS},
    "varchar": "text",
    "TextField": "text",
    "FloatField": "float",
    "DecimalField": "decimal",
    "DateTimeField": "time stamp",
    "DateField": "date",
    "TimeField": "time",
    "BinaryField": "bytes",
}
"""Types that every engine distinguishes. Some engines store others (a UUID, JSON, an address, a duration) as text or numbers: they are not compared.
"""


@dataclass(frozen=True, slots=True)
class AppliedSchema:
    """The result of the migrations. `names` are in lower case, as in `VisibleSchema`."""

    schema: PhysicalSchema
    data: tuple[str, ...]
    names: Names


@dataclass(frozen=True, slots=True)
class Unplayable:
    """No database can have applied these migrations: `key` fails with `reason`."""

    key: MigrationKey
    reason: str


class SchemaOfApplied:
    """Applies selected migrations of one tree symbolically. Engines may share `memory`, the cache of each migration's effects."""

    def __init__(self, accounts: RecorderRules, memory: EngineCache) -> None:
        self.accounts = accounts
        self.memory = memory
        self._played: dict[Keys, AppliedSchema | Unplayable] = {}

    def play(self, chosen: Keys) -> AppliedSchema | Unplayable:
        found = self._played.get(chosen)
        if found is None:
            found = self._played[chosen] = self._play(chosen)
        return found

    def _play(self, chosen: Keys) -> AppliedSchema | Unplayable:
        token, schema, data = EMPTY_STATE, PhysicalSchema(), list[str]()
        for key in Order(self.accounts, chosen).sorted():
            migration = self.accounts.tree.migrations[key]
            try:
                outcome = self.memory.outcome(schema, token, migration)
                token = self.memory.migration_effect(token, migration).after
            except InconsistentState as error:
                return Unplayable(key, str(error))
            if outcome.clash is not None:
                return Unplayable(key, str(outcome.clash))
            schema = outcome.schema
            data.extend(outcome.data)
        return AppliedSchema(schema, tuple(data), names_of(schema))

    @cached_property
    def effects(self) -> Mapping[MigrationKey, tuple[Effect, ...]]:
        """The effects of each migration on a database during a fresh install; replaced ones in a run without their squashes."""
        tree = self.accounts.tree
        replaced = {
            target
            for key in tree.migrations
            if self.accounts.is_replacer(key)
            for target in tree.migrations[key].ghosts
        }
        squashes = {
            key
            for key in tree.migrations
            if tree.migrations[key].ghosts and set(tree.migrations[key].ghosts) <= set(tree.migrations)
        }
        found: dict[MigrationKey, tuple[Effect, ...]] = {}
        for chosen in (frozenset(tree.migrations) - replaced, frozenset(tree.migrations) - squashes):
            for key, effects in self._effects(chosen).items():
                found.setdefault(key, effects)
        return found

    def _effects(self, chosen: Keys) -> dict[MigrationKey, tuple[Effect, ...]]:
        token, found = EMPTY_STATE, dict[MigrationKey, tuple[Effect, ...]]()
        for key in Order(self.accounts, chosen).sorted():
            try:
                migration_effect = self.memory.migration_effect(token, self.accounts.tree.migrations[key])
            except InconsistentState:
                continue  # reported when a caller applies this migration
            found[key] = tuple(
                effect for _, effect in migration_effect.effects if not isinstance(effect, Uses)
            )
            token = migration_effect.after
        return found

    def lasting(self, key: MigrationKey) -> tuple[Effect, ...]:
        """The lasting effects of the migration. Steps by which SQLite recreates a table are left out."""
        return tuple(effect for effect in self.effects.get(key, ()) if not isinstance(effect, Remake))

    def has_data(self, key: MigrationKey) -> bool:
        """Whether it runs a data operation, or an operation that cannot be read."""
        return any(isinstance(effect, RunData | Unknown) for effect in self.effects.get(key, ()))

    def footprint(self, key: MigrationKey) -> Names:
        """The names that the migration creates, removes or changes."""
        return frozenset(name for effect in self.effects.get(key, ()) for name in self.touched(effect))

    def conditional(self, key: MigrationKey) -> Names:
        """The names that the migration checks before it changes them: it is correct whether they exist or not. A column that it
        renames, under both names with its traits; what a renamed table has there: see `of_gone_tables`."""
        effects = [effect for effect in self.effects.get(key, ()) if getattr(effect, "conditional", False)]
        return frozenset(name for each in effects for name in (*self.touched(each), *self._renamed(each)))

    def _renamed(self, effect: Effect) -> Iterator[Presence]:
        """The names of a column that the effect renames, under both of its names."""
        match effect:
            case RenameColumn(table=table, before=before, after=after):
                both = (before.lower(), after.lower())
                tables = {table.lower(), *self.renamed_tables.get(table.lower(), ())}
                for name in self.ever_by_any_name:
                    if name.table in tables and name.column in both:
                        yield from (replace(name, column=other) for other in both)
            case _:
                pass

    def touched(self, effect: Effect) -> Names:
        """As the function `touched`, with the indexes that are removed or renamed, if they are plain."""
        match effect:
            case DropIndex(name=name) | DropConstraint(name=name):
                return self.plain & {Presence("", index=name.lower())}
            case ChangeIndexName(before=before, after=after):
                return self.plain & {Presence("", index=name.lower()) for name in (before, after)}
            case _:
                return frozenset(touched(effect))

    def by_sql(self, made: Keys) -> frozenset[str]:
        """Apps that ran SQL, or operations that could not be read: these may have created or dropped anything."""
        return frozenset(key.app for key in made if any(map(is_raw, self.effects.get(key, ()))))

    def names_of_apps(self, apps: frozenset[str]) -> Names:
        return frozenset(name for key in self.effects if key.app in apps for name in self.footprint(key))

    @cached_property
    def tables(self) -> frozenset[str]:
        """Every table that this tree ever creates or removes."""
        return frozenset(name.table for name in self.ever if name.table)

    @cached_property
    def renamed_tables(self) -> Mapping[str, set[str]]:
        """Tables, in lower case -> the other names that they have before or after a migration that renames them."""
        found: dict[str, set[str]] = {}
        for effect in (effect for effects in self.effects.values() for effect in effects):
            if isinstance(effect, RenameTable):
                before, after = effect.before.lower(), effect.after.lower()
                found.setdefault(before, set()).add(after)
                found.setdefault(after, set()).add(before)
        return found

    def names_of_tables(self, tables: Iterable[str]) -> Names:
        """All names in those tables that the tree affects, under every name that the tables ever have."""
        wanted = set(tables)
        effects = [effect for effects in self.effects.values() for effect in effects]
        pairs = [
            {each.before.lower(), each.after.lower()} for each in effects if isinstance(each, RenameTable)
        ]
        while more := [pair for pair in pairs if wanted & pair and not pair <= wanted]:
            wanted = wanted.union(*more)
        found = ((_table_of(effect), self.touched(effect)) for effect in effects if wanted)
        return frozenset(
            name for table, names in found for name in names if table in wanted or name.table in wanted
        )

    @cached_property
    def plain(self) -> Names:
        """Plain indexes and constraints, under every name that they ever have."""
        found: set[Presence] = set()
        for effect in (effect for effects in self.effects.values() for effect in effects):
            found.update(name for name in touched(effect) if name.index)
            if isinstance(effect, ChangeIndexName) and Presence("", index=effect.before.lower()) in found:
                found.add(Presence("", index=effect.after.lower()))
        return frozenset(found)

    @cached_property
    def ever(self) -> Names:
        """Every name that this tree ever creates or removes."""
        return frozenset(name for key in self.effects for name in self.footprint(key))

    @cached_property
    def ever_by_any_name(self) -> Names:
        """As `ever`, with the columns of renamed tables under every name of the table."""
        found = set(self.ever)
        queue = [name for name in found if name.table in self.renamed_tables]
        for name in queue:
            more = {replace(name, table=table) for table in self.renamed_tables[name.table]} - found
            found |= more
            queue.extend(more)
        return frozenset(found)


def _table_of(effect: Effect) -> str:
    """The table that the effect changes, in lower case."""
    return str(getattr(effect, "table", "") if not isinstance(effect, CreateTable) else effect.name).lower()


def is_raw(effect: Effect) -> bool:
    return isinstance(effect, Unknown) or (isinstance(effect, RunData) and effect.is_sql)


def names_of(schema: PhysicalSchema) -> Names:
    return frozenset(
        name for table, content in schema.tables.items() for name in _table_names(table, content)
    )


def _table_names(name: str, table: Table) -> set[Presence]:
    indexes = {*table.indexes.items(), *table.constraints.items()}
    columns = (_column_names(name, column, shape) for column, shape in table.columns.items())
    return {Presence(name.lower())}.union(*columns, *(_index_names(*index) for index in indexes))


def _column_names(table: str, column: str, shape: Column) -> set[Presence]:
    return {Presence(table.lower(), column.lower()), *_traits(table, column, shape)}


def _traits(table: str, column: str, shape: Column) -> set[Presence]:
    """The traits of a column; empty for keys, generated columns, and fields of non-Django classes."""
    if not _has_traits(shape):
        return set()
    traits = {"null" if shape.null else "not null"}
    if shape.type == "varchar":
        traits.add(f"varchar({shape.arguments})")
    family = FAMILIES.get(shape.type)
    if family:
        traits.add(f"type {family}")
    return {Presence(table.lower(), column.lower(), trait=trait) for trait in traits}


def _has_traits(column: Column) -> bool:
    if column.primary_key or column.on_delete or not column.is_read:
        return False
    if column.target is not None:
        return column.is_constrained or not column.null
    is_plain = column.type.isascii() and column.type.isalpha() and not {*"()"} & {*column.arguments}
    return is_plain and not column.collation and column.type != "GeneratedField"


def _index_names(name: str, definition: IndexDefinition) -> set[Presence]:
    """The names of an index; empty if the engine names it (`unique=True`) or not every engine creates it."""
    by_all_engines = definition.kind in ("index", "unique") and definition.is_plain
    return {Presence("", index=name.lower())} if by_all_engines and "(" not in name else set()


def touched(effect: Effect) -> set[Presence]:
    """The names that an effect changes, in lower case; empty if names do not show the effect."""
    match effect:
        case CreateTable(name=name, table=table):
            return _table_names(name, table)
        case DropTable(name=name):
            return {Presence(name.lower())}
        case RenameTable(before=before, after=after):
            return {Presence(before.lower()), Presence(after.lower())}
        case AddColumn(table=table_name, column=column, shape=shape):
            return _column_names(table_name, column, shape)
        case AlterColumn(table=table_name, column=column, before=before, after=after):
            return _traits(table_name, column, before) ^ _traits(table_name, column, after)
        case DropColumn(table=table_name, column=column):
            return {Presence(table_name.lower(), column.lower())}
        case RenameColumn(table=table_name, before=before, after=after):
            return {Presence(table_name.lower(), before.lower()), Presence(table_name.lower(), after.lower())}
        case (
            CreateIndex(name=name, definition=definition) | CreateConstraint(name=name, definition=definition)
        ):
            return _index_names(name, definition)
        case _:  # types, comments, data; a removed index may be of a kind that not every engine creates
            return set()
