"""The result for a database whose manual step was forgotten, computed by the same engine as the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from stitchback.engine import DatabaseId, Engine, EngineCache, RunError
from stitchback.engine.engine_cache import data_run
from stitchback.model.migrations import Migration
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Damages, Forgotten, Harmless, Leaves, Stops
from stitchback.proof.final_state_checks import FinalStateChecks
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash, InconsistentState
from stitchback.schema.effects import AddColumn, DropColumn, Effect, Remake
from stitchback.schema.sqlite_remake import lost_columns
from stitchback.upgrades.data_runs import DataRuns

CLASH = "Clash"  # `RunError.kind` if a step does not fit the database


@dataclass(frozen=True, slots=True)
class SilentDamage:
    """A `migrate` that continues only on SQLite: `end` is the database then; `error` stops it on SQLite too, `first` stops other databases."""

    end: DatabaseId
    resets: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    error: RunError | None = None
    first: RunError | None = None


def forgotten(start: DatabaseId, ends: FinalStateChecks, memory: EngineCache) -> Forgotten:
    """The result of a full `migrate` without the plan's manual steps, followed by the next release's."""
    now = migrated(start, ends.result, memory)
    found = outcome(now, ends, next_release=False)
    if not isinstance(found, Harmless):
        return found
    return outcome(migrated(now.end, ends.following, memory), ends, next_release=True)


def outcome(run: SilentDamage, ends: FinalStateChecks, *, next_release: bool) -> Forgotten:
    fresh, work = ends.fresh_next if next_release else ends.fresh, ends.work
    runs = DataRuns.of(run.end.data, fresh.data)
    again = tuple(map(work.name, runs.repeated))
    if again or run.resets or run.loses:
        elsewhere = None if run.first is None else stops(run.first, next_release=next_release)
        return Damages(run.resets, run.loses, again, elsewhere, next_release)
    if run.error is not None:
        return stops(run.error, next_release=next_release)
    missing = (each for each in runs.missing if not work.settled(each, runs.ran))
    found = Leaves(tuple(ends.schema(run.end, fresh)), tuple(map(work.name, missing)), next_release)
    return found if found.differences or found.missing else Harmless()


def stops(error: RunError, *, next_release: bool) -> Stops:
    return Stops(error.at, error.message.partition("\n")[0], next_release)


def migrated(start: DatabaseId, engine: Engine, memory: EngineCache) -> SilentDamage:
    """The result of a full `migrate` that continues, as SQLite does, if an added column already exists."""
    run = SilentDamage(start)
    while True:
        finish = engine.way(run.end).finish
        run = replace(run, end=finish.end)
        if finish.error is None:
            return run
        further = as_sqlite_does(run, finish.error, engine, memory) if memory.sqlite else None
        if further is None:
            return replace(run, error=finish.error)
        run = further


def as_sqlite_does(
    run: SilentDamage, error: RunError, engine: Engine, memory: EngineCache
) -> SilentDamage | None:
    """The database after the failed migration, if SQLite runs it without an error; None if it fails there too, or if its models do not fit
    each other: then Django cannot build the state from which the migration runs."""
    migration = engine.tree.migrations.get(error.at) if error.at and error.kind == CLASH else None
    if migration is None:
        return None
    try:
        token = engine.models_at(run.end)
        assert token is not None, "Django had models for the step that failed"
        effects = memory.migration_effect(token, migration).effects
    except InconsistentState:
        return None
    schema, data = memory.schemas_by_number[run.end.schema], list(run.end.data)
    resets, loses = list(run.resets), list(run.loses)
    for (app, effect), after in zip_longest(effects, effects[1:]):
        if isinstance(effect, Remake):
            gone = lost_columns(schema, effect, memory.forgotten.get(effect.table, set()))
            loses.extend(f"{effect.table}.{column}" for column in gone)
            schema = without_columns(schema, effect.table, gone)
            continue
        try:
            schema = run_effect(schema, effect)
        except Clash:
            if not is_remade(effect, after[1] if after else None):
                return None
            assert isinstance(effect, AddColumn)
            resets.append(f"{effect.table}.{effect.column}")
        data.extend(data_run(effect, app))
    rows = run.end.rows | memory.bits_of(names(migration))
    end = memory.place(rows, memory.schema_number(schema), tuple(sorted(data)))
    first = run.first or (error if len(resets) > len(run.resets) else None)
    return replace(run, end=end, resets=tuple(resets), loses=tuple(loses), first=first)


def is_remade(effect: Effect, after: Effect | None) -> bool:
    """Whether SQLite adds the column by recreating the table: an existing column gets the default in every row (FACTS F31)."""
    return isinstance(effect, AddColumn) and isinstance(after, Remake) and after.table == effect.table


def without_columns(schema: PhysicalSchema, table: str, columns: tuple[str, ...]) -> PhysicalSchema:
    for column in columns:
        schema = run_effect(schema, DropColumn(table, column))
    return schema


def names(migration: Migration) -> Iterator[tuple[str, str]]:
    """The rows that Django records for the migration."""
    yield from ((key.app, key.name) for key in (migration.key, *migration.ghosts))
