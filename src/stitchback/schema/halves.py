"""SeparateDatabaseAndState and RunSQL: what the database gets where one half is code that cannot be looked into.

Django does the database's half alone. Where that half is SQL or Python (`CREATE INDEX CONCURRENTLY …` beside `AddIndex` in
the state), the code is taken to do what the state's half says, else every later operation on the thing would seem to fail.
Where the database's half is empty, the state follows what was done by other means: what the state's half adds, alters or
renames is taken to be there; a column or a table that it only forgets stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.schema.bridging import conditional
from stitchback.schema.data import RunData
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    Effect,
    Forget,
    Remake,
    RemoveOther,
    Unknown,
)


def done_by_code(stated: Iterable[Effect], done: Iterable[Effect]) -> Iterator[Effect]:
    """What the state's half says and the database's own operations have not done: the code does it. A table may be there
    before, under the name that the state gives it now."""
    have = list(done)
    for effect in schema_effects(stated):
        if effect in have:
            have.remove(effect)
        else:
            yield conditional(effect) if isinstance(effect, CreateTable) else effect


def done_elsewhere(stated: Iterable[Effect], done: Iterable[Effect]) -> Iterator[Effect]:
    """What the state's half says, as it must be there already or was made by the database's own operations."""
    have = list(done)
    for effect in schema_effects(stated):
        if effect in have or isinstance(effect, RemoveOther):
            continue
        if isinstance(effect, DropColumn | DropTable):
            yield (
                Forget(effect.table, effect.column) if isinstance(effect, DropColumn) else Forget(effect.name)
            )
            continue
        if isinstance(effect, AlterColumn):
            yield AddColumn(effect.table, effect.column, effect.after, conditional=True)
        yield conditional(effect)


def schema_effects(effects: Iterable[Effect]) -> Iterator[Effect]:
    return (effect for effect in effects if not isinstance(effect, RunData | Unknown | Remake | Forget))
