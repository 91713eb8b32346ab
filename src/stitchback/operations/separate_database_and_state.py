"""SeparateDatabaseAndState and RunSQL: what the database gets where one half is code that cannot be looked into.

Django does the database's half alone. Where that half is SQL or Python (`CREATE INDEX CONCURRENTLY …` beside `AddIndex` in
the state), the code is taken to do what the state's half says, else every later operation on the schema object would seem to fail.
Where no code stands beside it, an operation of the state's half makes nothing in the database. What was done there by other means cannot be
known; so such an operation is excused where a branch itself has it (`stated_alone`): then what it adds, alters or renames is taken to be
there, and a column or a table that it only forgets stays. One that only a plan has makes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Constant, walk
from stitchback.operations.data import code_of, is_code, runs_sql
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Effect,
    Forget,
    Remake,
    RemoveOther,
    RenameTable,
    RunData,
    Unknown,
    conditional,
)

Stated = frozenset[tuple[str, Operation]]
"""Operations of a state's half, each with its app."""


def stated_alone(migrations: Iterable[Migration]) -> Stated:
    """What these migrations do to the state alone: no code beside it, and not in the database's half too."""
    return frozenset(
        (migration.key.app, inner)
        for migration in migrations
        for operation in migration.operations
        if isinstance(operation, Operation)
        for inner in alone_in(operation)
    )


def alone_in(operation: Operation) -> Iterator[Operation]:
    if is_code(operation):
        return
    for inner in operation.state:
        if isinstance(inner, Operation) and inner not in operation.database:
            yield inner


def made_by_state(operation: Operation, app: str, stated: Stated | None) -> tuple[Operation | Opaque, ...]:
    """The state's half without what makes nothing in the database. `stated`: what is excused, None: everything."""
    if stated is None or is_code(operation):
        return operation.state
    return tuple(inner for inner in operation.state if is_excused(operation, app, inner, stated))


def is_excused(operation: Operation, app: str, inner: Operation | Opaque, stated: Stated) -> bool:
    return isinstance(inner, Opaque) or inner in operation.database or (app, inner) in stated


_IF = re.compile(r"""\bIF\s+(?:(NOT)\s+)?EXISTS\s+["`]?(\w+)""", re.IGNORECASE)


def done_by_code(
    stated: Iterable[Effect], done: Iterable[Effect], code: Iterable[Operation | Opaque] = ()
) -> Iterator[Effect]:
    """What the state's half says and the database's own operations have not done: the code does it. A table may be there
    before, under the name that the state gives it now; an index or constraint of which the SQL says IF EXISTS or IF NOT EXISTS may be
    gone, or there, already."""
    have, asked = list(done), named_with_if(code)
    for effect in schema_effects(stated):
        if effect in have:
            have.remove(effect)
        elif isinstance(effect, CreateTable) or asked_for(effect) in asked:
            yield conditional(effect)
        else:
            yield effect


def named_with_if(code: Iterable[Operation | Opaque]) -> frozenset[tuple[str, str]]:
    """The names behind IF EXISTS ("") and IF NOT EXISTS ("NOT") in SQL."""
    found: set[tuple[str, str]] = set()
    for operation in code:
        if isinstance(operation, Operation):
            found |= named_with_if(operation.database)
            sql = code_of(operation) if runs_sql(operation) else None
            for value in walk(sql) if sql is not None else ():
                if isinstance(value, Constant) and isinstance(value.value, str):
                    found.update((word.upper(), name) for word, name in _IF.findall(value.value))
    return frozenset(found)


def asked_for(effect: Effect) -> tuple[str, str]:
    match effect:
        case DropIndex(name=name) | DropConstraint(name=name):
            return "", name
        case CreateIndex(name=name) | CreateConstraint(name=name):
            return "NOT", name
        case _:
            return "", ""


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


def moved_away(
    done: tuple[Effect, ...], stated: tuple[Effect, ...]
) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
    """Both halves where the database's renames the table of a model that the state's deletes: the model is another app's, whose
    state may have it already or gets it later. Nothing is dropped, and the new name may be known already."""
    dropped = {effect.name for effect in stated if isinstance(effect, DropTable)}
    moved = {effect.before for effect in done if isinstance(effect, RenameTable)} & dropped
    return (
        tuple(
            replace(effect, over=True)
            if isinstance(effect, RenameTable) and effect.before in moved
            else effect
            for effect in done
        ),
        tuple(effect for effect in stated if not (isinstance(effect, DropTable) and effect.name in moved)),
    )


def schema_effects(effects: Iterable[Effect]) -> Iterator[Effect]:
    return (effect for effect in effects if not isinstance(effect, RunData | Unknown | Remake | Forget))
