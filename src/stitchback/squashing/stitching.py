"""A range of migrations and the regenerated ones in, a candidate out: squashes that replace the range, not proved yet."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stitchback.errors import Refusal
from stitchback.model.edits import (
    CarryOperation,
    DeleteFile,
    FileEdit,
    Insert,
    KeepOperation,
    OperationEdit,
    SetComment,
    SetDependencies,
    SetOperations,
    SetReplaces,
    WriteFile,
)
from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Remark
from stitchback.model.source import Opaque
from stitchback.operations.data import data_run
from stitchback.squashing.blocks import Block, blocks_of, dependencies_between, squash_key
from stitchback.squashing.model_needs import subjects_of
from stitchback.squashing.placing import Ground, PlacedOperation, placed
from stitchback.squashing.ranges import SquashRange, carried, elided, is_first

Generated = Mapping[str, Sequence[Migration]]


@dataclass(frozen=True, slots=True)
class Squash:
    """One new migration. `key` is its name, `block` what it replaces."""

    key: MigrationKey
    block: Block
    dependencies: tuple[Dependency, ...]


def stitched(wanted: SquashRange, generated: Generated, *, remove: bool) -> Candidate:
    """The candidate. `generated`: app -> its regenerated migrations, in their order. `remove`: whether the old files go. Raises Refusal (SB704)."""
    squashes = squashes_of(wanted)
    content = placed(ground_of(wanted, squashes), generated)
    edits: list[FileEdit] = []
    changed: dict[MigrationKey, Migration | None] = {}
    for app in wanted.apps:
        own = [squash for squash in squashes if squash.key.app == app]
        for number, squash in enumerate(own):
            files = generated.get(app, ())
            if not files:
                raise nothing_generated(app)
            edit = written(wanted, squash, files[min(number, len(files) - 1)], content[squash.block])
            edits.append(edit)
            changed[squash.key] = edit.result
    for key in wanted.migrations if remove else ():
        edits.append(DeleteFile(key, wanted.tree.migrations[key].path))
        changed[key] = None
    result = wanted.tree.with_migrations(changed)
    return Candidate({}, tuple(edits), result, remarks=tuple(remarks(wanted)))


def squashes_of(wanted: SquashRange) -> tuple[Squash, ...]:
    blocks = blocks_of(wanted.graph, wanted.migrations)
    between = dependencies_between(wanted.graph, blocks)
    names: dict[Block, MigrationKey] = {}
    for block in blocks:
        names[block] = squash_key(block, {*wanted.tree.migrations, *wanted.tree.replacers, *names.values()})
    return tuple(
        Squash(names[block], block, tuple(dependencies(wanted, block, between[block][0], names)))
        for block in blocks
    )


def dependencies(
    wanted: SquashRange, block: Block, inside: frozenset[Block], names: Mapping[Block, MigrationKey]
) -> Iterator[Dependency]:
    """The block's dependencies: other squashes, and what its migrations depend on outside of the range."""
    yield from sorted(names[other] for other in inside)
    own = frozenset(wanted.migrations)
    found: dict[Dependency, None] = {}
    for key in block.migrations:
        for item in wanted.tree.migrations[key].dependencies:
            is_inside = isinstance(item, MigrationKey) and (item in own or item.app == block.app)
            if not is_inside:
                found[item] = None
    yield from found


def ground_of(wanted: SquashRange, squashes: Sequence[Squash]) -> Ground:
    blocks = tuple(squash.block for squash in squashes)
    between = dependencies_between(wanted.graph, blocks)
    before: dict[Block, frozenset[Block]] = {}
    others: dict[Block, frozenset[ModelKey]] = {}
    home = {key: block for block in blocks for key in block.migrations}
    tree = wanted.tree
    for block in blocks:  # each after those that it depends on
        inside, outside = between[block]
        above = {key for each in outside if each in tree.migrations for key in wanted.graph.ancestors(each)}
        inside |= {home[key] for key in above if key in home}
        before[block] = inside.union(*(before[each] for each in inside))
        models = (made_by(tree.migrations[key]) for key in above if key not in home)
        others[block] = frozenset().union(*models, *(others[each] for each in inside))
    by_app: dict[str, tuple[Block, ...]] = {}
    for block in blocks:
        by_app[block.app] = (*by_app.get(block.app, ()), block)
    foreign = frozenset(parent.app for _, parent in wanted.graph.external)
    return Ground(by_app, before, others, tree.settings, foreign)


def made_by(migration: Migration) -> frozenset[ModelKey]:
    """The models that the migration creates, or gives a name to."""
    found: set[ModelKey] = set()
    waiting: list[Operation | Opaque] = list(migration.operations)
    for operation in waiting:
        if isinstance(operation, Operation):
            waiting += operation.state
            if operation.kind in ("CreateModel", "RenameModel"):
                found |= subjects_of(operation, migration.key.app)
    return frozenset(found)


def written(
    wanted: SquashRange, squash: Squash, original: Migration, operations: Sequence[PlacedOperation]
) -> WriteFile:
    """The squash's file: a regenerated one, with the block's operations, dependencies and `replaces`."""
    first: list[OperationEdit] = []
    last: list[OperationEdit] = []
    for key in squash.block.migrations:
        migration = wanted.tree.migrations[key]
        for index in carried(migration):
            (first if is_first(migration.operations[index]) else last).append(
                CarryOperation(migration, index)
            )
    edits = (*first, *(operation_edit(each, original) for each in operations), *last)
    old = wanted.tree.migrations[squash.block.migrations[0]]
    path = posixpath.join(posixpath.dirname(old.path), f"{squash.key.name}.py")
    changes = (
        SetReplaces(squash.block.migrations),
        SetDependencies(squash.dependencies),
        SetOperations(edits),
    )
    comment = f"Squashed by stitchback from the models at {wanted.at}."
    return WriteFile(squash.key, path, original, (*changes, SetComment((comment,), ())))


def operation_edit(each: PlacedOperation, original: Migration) -> OperationEdit:
    if each.source is original:
        return KeepOperation(each.index)
    if each.source is not None:
        return CarryOperation(each.source, each.index)
    assert isinstance(each.operation, Operation), "what cannot be read keeps its text"
    return Insert(each.operation)


def remarks(wanted: SquashRange) -> Iterator[Remark]:
    for key in wanted.migrations:
        migration = wanted.tree.migrations[key]
        for index in carried(migration):
            operation = migration.operations[index]
            label = (
                data_run(operation).label
                if isinstance(operation, Operation) and not is_first(operation)
                else str(operation)
            )
            yield Remark(key, f"{label} of {key} is carried over: it is not elidable")
        for operation in elided(migration):
            label = data_run(operation).label
            said = f"{label} of {key} is left out: it is elidable, so a fresh install does not run it"
            yield Remark(key, said)


def nothing_generated(app: str) -> Refusal:
    return Refusal(
        "SB703",
        f"makemigrations created no migration for {app}: its models are gone",
        hint="Leave the app out.",
    )
