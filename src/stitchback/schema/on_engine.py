"""A migration on a database that may not be as the models suppose: what the engine does there, right or not.

`running` is for proofs, and stops at everything that is unsafe; here only what the engine refuses is a Clash, and what it loses without
an error is a harm. What Python and SQL of a project's own do is not run: where they meet a table that is not as its model, that is a doubt.
Rows are not known: a value that does not fit is found out by the engine alone.

Source: the `DatabaseSchemaEditor` of each backend; SQLite alters most of a table by recreating it (see `remaking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from stitchback.model.physical import Column, PhysicalSchema, Table, unnamed
from stitchback.model.problems import ProblemKind
from stitchback.schema.apply_effect import run_effect, table_in, with_table
from stitchback.schema.clashes import Clash
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
    Effect,
    Remake,
    RenameColumn,
    RunData,
    Unknown,
    Uses,
)
from stitchback.schema.inserting import column_must_be_given
from stitchback.schema.sqlite_remake import lost_columns, refused_by_sqlite

Forgotten = Mapping[str, Set[str | None]]
UNKNOWN = Column("of a type that no migration creates")


@dataclass(frozen=True, slots=True)
class Remarks:
    """Of one migration on one schema: `harms` done without an error; `doubts`, where its own code decides whether it fails; `unread`: it
    has code of which it is unknown what it uses."""

    harms: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    unread: bool = False

    def __bool__(self) -> bool:
        return bool(self.harms or self.doubts or self.unread)


def run_on_engine(
    engine: str, physical: PhysicalSchema, effects: Sequence[Effect], forgotten: Forgotten
) -> tuple[PhysicalSchema, Remarks]:
    """The schema after the effects of one migration, and what to remark. `engine`: Django's vendor. Raises Clash where the engine refuses."""
    recreated = dict(_recreated(effects)) if engine == "sqlite" else {}
    harms, doubts = list[str](), list[str]()
    last = physical
    for place, effect in enumerate(effects):
        if isinstance(effect, Remake):
            if effect.conditional and last == physical:
                continue
            if engine == "sqlite":
                physical = _recreate(physical, effect, forgotten, harms)
            elif engine == "mysql":
                table_in(
                    physical, effect.table
                )  # Django asks it for its keys; PostgreSQL has no error for a missing one
            continue
        if isinstance(effect, Uses):
            doubts += _doubts(physical, effect)
            continue
        last = physical
        if place in recreated and not getattr(effect, "conditional", False):
            physical = _in_new_table(physical, effect, harms)
        else:
            physical = _run(engine, physical, effect, harms)
    if engine != "sqlite":
        _check_targets(physical, effects)
    return physical, Remarks(tuple(dict.fromkeys(harms)), tuple(dict.fromkeys(doubts)), _is_unread(effects))


def _doubts(physical: PhysicalSchema, effect: Uses) -> Iterator[str]:
    """Raises Clash where there is no table at all."""
    columns = table_in(physical, effect.table).columns
    for column in sorted(effect.columns - columns.keys()):
        yield f"{effect.label} may use column {effect.table}.{column}, which is missing"
    unset = (effect.unset & columns.keys()) | (columns.keys() - effect.columns if effect.inserts else set())
    for column in sorted(unset):
        if column_must_be_given(columns[column]):
            yield f"{effect.label} may insert rows without a value for column {effect.table}.{column}, which is NOT NULL"


def _is_unread(effects: Sequence[Effect]) -> bool:
    """Whether there is code that names no model: it may use any."""
    runs = sum(isinstance(effect, RunData) and not effect.empty for effect in effects)
    used = len({effect.label for effect in effects if isinstance(effect, Uses)})
    return used < runs or any(isinstance(effect, Unknown) for effect in effects)


def _recreated(effects: Sequence[Effect]) -> Iterator[tuple[int, Remake]]:
    """The places of the effects that a Remake does."""
    for place, effect in enumerate(effects):
        if isinstance(effect, Remake):
            for before in range(place - effect.span, place):
                if getattr(effects[before], "table", None) == effect.table:
                    yield before, effect


def _in_new_table(physical: PhysicalSchema, effect: Effect, harms: list[str]) -> PhysicalSchema:
    """The effect as a part of SQLite's new table: what is there already is made again, what is missing is nothing to take away."""
    match effect:
        case AddColumn(table=name, column=column, shape=shape, indexes=indexes):
            table = table_in(physical, name)
            if column in table.columns:
                harms.append(
                    f"column {name}.{column} exists already: SQLite recreates the table and sets all its values to the default"
                )
            made = replace(
                table,
                columns={**table.columns, column: shape},
                indexes={**table.indexes, **unnamed(indexes)},
            )
            return with_table(physical, name, made)
        case DropColumn() | DropIndex() | DropConstraint():
            table_in(physical, effect.table)
            return run_effect(physical, replace(effect, conditional=True))
        case AlterColumn(table=name, column=column, after=shape):
            table = table_in(physical, name)
            if column not in table.columns:
                return physical  # `_recreate` fills it
            return with_table(physical, name, replace(table, columns={**table.columns, column: shape}))
        case RenameColumn(table=name, before=before, after=after):
            table = table_in(physical, name)
            if before in table.columns and after not in table.columns:
                return run_effect(physical, effect)
            kept = {key: shape for key, shape in table.columns.items() if key != before}
            harms.append(
                f"column {name}.{after} exists already: SQLite recreates the table and gives it the values of {before}"
                if before in table.columns
                else f"column {name}.{before} is missing: SQLite recreates the table and fills {after} with its name"
            )
            return with_table(physical, name, replace(table, columns={**kept, after: UNKNOWN}))
        case CreateIndex() | CreateConstraint():
            return run_effect(physical, replace(_on_literals(physical, effect, harms), conditional=True))
        case _:
            return run_effect(physical, effect)


def _on_literals(
    physical: PhysicalSchema, effect: CreateIndex | CreateConstraint, harms: list[str]
) -> CreateIndex | CreateConstraint:
    """SQLite takes a quoted name that is no column for a text, in indexes and constraints as well."""
    missing = sorted(effect.columns - table_in(physical, effect.table).columns.keys())
    harms += [
        f"column {effect.table}.{column} is missing: SQLite creates {effect.name} on the column's name as a text"
        for column in missing
    ]
    return replace(effect, columns=frozenset())


def _recreate(
    physical: PhysicalSchema, remake: Remake, forgotten: Forgotten, harms: list[str]
) -> PhysicalSchema:
    if remake.broken:
        raise Clash.of(ProblemKind.REMAKE_BROKEN, remake.table, remake.broken)
    table = table_in(physical, remake.table)
    for column in sorted(remake.filled - table.columns.keys()):
        harms.append(
            f"column {remake.table}.{column} is missing: SQLite recreates the table and fills it with the column's own name"
        )
    lost = lost_columns(physical, remake, forgotten.get(remake.table, frozenset()))
    harms += [
        f"column {remake.table}.{column} is in no model: SQLite recreates the table without it"
        for column in lost
    ]
    known = {column: shape for column, shape in table.columns.items() if column in remake.known}
    filled = dict.fromkeys(sorted(remake.filled - known.keys()), UNKNOWN)
    indexes, constraints = dict(remake.indexes), dict(remake.constraints)
    made = replace(table, columns={**known, **filled}, indexes=indexes, constraints=constraints)
    return with_table(physical, remake.table, made)


def _run(engine: str, physical: PhysicalSchema, effect: Effect, harms: list[str]) -> PhysicalSchema:
    match effect:
        case AlterColumn(table=name, column=column, after=shape):
            table = table_in(physical, name)
            if column not in table.columns:
                raise Clash.of(ProblemKind.COLUMN_MISSING, name, column)
            return with_table(physical, name, replace(table, columns={**table.columns, column: shape}))
        case DropIndex(name=name) if engine == "postgresql" or _is_of_a_field(name):
            table_in(physical, effect.table)
            return run_effect(physical, replace(effect, conditional=True))
        case DropColumn() if engine == "sqlite" and (
            refused := refused_by_sqlite(physical, effect, frozenset())
        ):
            raise Clash(refused)
        case CreateIndex() | CreateConstraint() if engine == "mysql" and _is_partial(effect):
            return run_effect(physical, replace(effect, columns=frozenset()))
        case CreateIndex(table=name, name=index) | ChangeIndexName(table=name, after=index):
            _check_index_name(engine, physical, name, index)
            if engine == "sqlite" and isinstance(effect, CreateIndex):
                effect = _on_literals(physical, effect, harms)
            return run_effect(physical, effect)
        case CreateConstraint() if engine == "sqlite":
            return run_effect(physical, _on_literals(physical, effect, harms))
        case _:
            return run_effect(physical, effect)


def _is_partial(effect: CreateIndex | CreateConstraint) -> bool:
    """Django leaves out an index or a unique constraint with a condition where the engine has none (`supports_partial_indexes`): it needs no column."""
    definition = effect.definition
    return definition.kind in ("index", "unique") and "condition" in dict(definition.options)


def _is_of_a_field(name: str) -> bool:
    """An index that Django finds by its column (`unique`, `db_index`), and does not miss."""
    return name.endswith(")") and "," not in name


def _check_index_name(engine: str, physical: PhysicalSchema, table: str, index: str) -> None:
    """SQLite and PostgreSQL have one index of a name in a whole schema."""
    if engine not in ("sqlite", "postgresql") or index.endswith(")"):
        return
    for name, other in physical.tables.items():
        if name != table and index in other.indexes:
            raise Clash.of(ProblemKind.DEFINITION_EXISTS, "index", index, name)


def _check_targets(physical: PhysicalSchema, effects: Sequence[Effect]) -> None:
    """Foreign keys are made by the end of the migration: their tables must be there then."""
    for effect in effects:
        match effect:
            case AddColumn(table=name, shape=shape, conditional=False) if name in physical.tables:
                _check_target(physical, name, shape)
            case CreateTable(name=name, table=Table(columns=columns), conditional=False) if (
                name in physical.tables
            ):
                for shape in columns.values():
                    _check_target(physical, name, shape)
            case _:
                pass


def _check_target(physical: PhysicalSchema, table: str, column: Column) -> None:
    target = column.target
    if target is None or target.is_label or not column.is_constrained:
        return
    if target.table not in physical.tables:
        raise Clash.of(ProblemKind.TARGET_TABLE_MISSING, target.table, table)
