"""Migrations played over a state: the state after them, and what each operation changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Origin,
    Removed,
    Renamed,
    UnreadChange,
)
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import SchemaState
from stitchback.operations import kind_of
from stitchback.operations.applying import apply_operation
from stitchback.operations.data import data_run, has_code, is_code, runs_code
from stitchback.operations.named_models import subject
from stitchback.schema.atoms_between import Where, model_atoms, renamed_model, renamed_part
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.identity import Identity
from stitchback.schema.labels import string


@dataclass(frozen=True, slots=True)
class ReplayedState:
    """`identity` knows which schema object is which at the end."""

    state: SchemaState
    atoms: tuple[Atom, ...]
    identity: Identity


def play(migrations: Iterable[Migration], start: SchemaState) -> tuple[SchemaState, tuple[Atom, ...]]:
    """The state after the migrations, in their order, and every operation's atoms. Raises InconsistentState."""
    played = play_with_identity(migrations, start)
    return played.state, played.atoms


def play_with_identity(migrations: Iterable[Migration], start: SchemaState) -> ReplayedState:
    """As `play`, with who is who."""
    state, identity = start, Identity()
    atoms: list[Atom] = []
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            where = Where(Origin(migration.key, index), identity, database=True, state=True)
            try:
                after = apply_operation(state, migration.key.app, operation)
                atoms.extend(operation_atoms(where, operation, migration.key.app, state, after))
            except InconsistentState as error:
                raise error.at(str(migration.key)) from error
            state = after
    return ReplayedState(state, tuple(atoms), identity)


def operation_atoms(
    where: Where,
    operation: Operation | Opaque,
    app: str,
    before: SchemaState,
    after: SchemaState,
) -> Iterator[Atom]:
    """The atoms of one operation, given the states around it."""
    if isinstance(operation, Opaque):
        yield UnreadChange(where.origin, app, operation)
    elif runs_code(operation):
        run = data_run(operation)
        yield DataRun(where.origin, app, run.work, run.empty, run.label)
        yield from part_atoms(replace(where, database=is_code(operation)), operation.state, app, before)
    elif operation.database or operation.state:
        yield from separate_atoms(where, operation, app, before)
    elif after.opaque != before.opaque:
        yield UnreadChange(where.origin, app, after.opaque[-1])
    else:
        yield from schema_atoms(where, operation, app, before, after)


def schema_atoms(
    where: Where, operation: Operation, app: str, before: SchemaState, after: SchemaState
) -> Iterator[Atom]:
    """The atoms of an operation that changes one model."""
    if before is after:
        return
    kind = kind_of(operation)
    if kind is not None and kind.model.renamed:
        old, new = (ModelKey.of(app, string(operation.argument(name)) or "") for name in kind.models)
        if old in before.models and new in after.models:
            yield from renamed_model(where, before.models[old], after.models[new])
        return
    key = subject(operation, app)
    if key is None or kind is None:
        return
    renamed = kind.renames(operation)
    if renamed is not None and key in before.models:
        old_name, new_name = (string(operation.argument(name)) or "" for name in ("old_name", "new_name"))
        yield from renamed_part(where, renamed, before.models[key], old_name, new_name)
        return
    yield from model_atoms(where, key, before, after)


def separate_atoms(where: Where, operation: Operation, app: str, before: SchemaState) -> Iterator[Atom]:
    """SeparateDatabaseAndState: a change that both halves make is one atom; the others are of one half only, where the
    database's half is not code that is taken to do it (see `operations.separate_database_and_state`)."""
    database = list(part_atoms(replace(where, state=False), operation.database, app, before, forget=True))
    stated = replace(where, database=has_code(operation.database))
    for atom in part_atoms(stated, operation.state, app, before):
        twin = next((other for other in database if is_twin(atom, other)), None)
        if twin is None:
            yield atom
            continue
        database.remove(twin)
        yield in_both_parts(atom, database=in_database(twin), state=True)
    yield from database


def part_atoms(
    where: Where,
    operations: tuple[Operation | Opaque, ...],
    app: str,
    before: SchemaState,
    *,
    forget: bool = False,
) -> list[Atom]:
    """The atoms of one half. `forget`: what it does to identities is not kept (the state's half decides)."""
    where = replace(where, identity=where.identity.copy()) if forget else where
    atoms: list[Atom] = []
    for operation in operations:
        after = apply_operation(before, app, operation)
        atoms.extend(operation_atoms(where, operation, app, before, after))
        before = after
    return atoms


def is_twin(atom: Atom, other: Atom) -> bool:
    """The same change, whichever half it is of."""
    return in_both_parts(atom, database=True, state=True) == in_both_parts(other, database=True, state=True)


def in_both_parts(atom: Atom, *, database: bool, state: bool) -> Atom:
    match atom:
        case Added() | Removed() | Altered() | Renamed():
            return replace(atom, database=database, state=state)
        case DataRun() | UnreadChange():
            return atom
        case _:
            assert_never(atom)


def in_database(atom: Atom) -> bool:
    return not isinstance(atom, DataRun | UnreadChange) and atom.database
