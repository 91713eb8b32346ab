"""A database on its way from one release to another: after each migration, in the order in which Django's executor applies them."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.engine.database import SymbolicDatabase
from stitchback.engine.engine import Engine
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.runs import RunError
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.schema.effects import Effect


@dataclass(frozen=True, slots=True)
class RollingStop:
    """The schema right after `key` was applied to `before`, and what `key` did."""

    key: MigrationKey
    before: PhysicalSchema
    schema: PhysicalSchema
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class RollingPath:
    """`start`: the schema of a database of the old release. `error`: where the upgrade ends before the new release, and why."""

    start: PhysicalSchema
    stops: tuple[RollingStop, ...]
    error: RunError | None = None


def rolling_path(old: Tree, new: Tree, vendor: str) -> RollingPath:
    """A database that the old tree has migrated, migrated with the new one. `vendor`: Django's, of the database engine."""
    memory = EngineCache(engine=vendor)
    released = Engine(old, memory=memory, settings=old.settings).migrate(SymbolicDatabase())
    if released.error is not None:
        return RollingPath(released.final.schema, (), released.error)
    engine = Engine(new, memory=memory, settings=new.settings)
    run = engine.migrate(released.final)
    token, stops, before = engine.models_at(engine.place(released.final)), [], released.final.schema
    for step in run.steps:
        done = memory.migration_effect(token or 0, new.migrations[step.key])
        stops.append(
            RollingStop(step.key, before, step.database.schema, tuple(effect for _, effect in done.effects))
        )
        token, before = done.after, step.database.schema
    return RollingPath(released.final.schema, tuple(stops), run.error)
