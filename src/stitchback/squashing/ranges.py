"""The range that is squashed: all migrations that some apps have at a ref, and why they may not be squashed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from stitchback.errors import Refusal
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.operations import OPERATIONS
from stitchback.operations.data import data_run, runs_code
from stitchback.squashing.obstacles import lasting_data

# What the models do not show and a fresh install needs before its tables: these come first in their block.
FIRST = frozenset(kind.name for kind in OPERATIONS if kind.name.endswith(("Extension", "Collation")))
NEW_FILE = "Change that in the working tree and commit it, or leave the app out."


@dataclass(frozen=True, slots=True)
class SquashRange:
    """`tree`: the working tree, that gets the squash. `at`: the ref that the range is read from. `migrations`: in Django's order."""

    tree: Tree
    at: str
    apps: tuple[str, ...]
    migrations: tuple[MigrationKey, ...]

    @property
    def graph(self) -> MigrationGraph:
        return MigrationGraph.raw(self.tree, self.tree.settings)


def range_of(tree: Tree, released: Tree, apps: Collection[str]) -> SquashRange:
    """All migrations of the apps at `released`. Raises Refusal: a squash, code that cannot be read, `run_before` (SB701), an operation that
    cannot be carried over (SB705), files that `tree` has otherwise (SB706)."""
    order = MigrationGraph.raw(released).order()
    keys = tuple(key for key in order if key.app in apps)
    different = [key for key in keys if is_different(released.migrations[key], tree.migrations.get(key))]
    if different:
        raise Refusal(
            "SB706",
            f"{tree.ref} has other files than {released.ref} for migrations of the range",
            hint=f"Stitch at a ref whose migrations {tree.ref} still has: --at REF.",
            evidence=tuple(f"{key}: {'changed' if key in tree.migrations else 'gone'}" for key in different),
        )
    migrations = [tree.migrations[key] for key in keys]
    blocking = [text for each in migrations for text in reasons_against(each, tree)]
    if blocking:
        raise Refusal(
            "SB701",
            "migrations of the range cannot be squashed",
            hint=NEW_FILE
            if not any("squash" in text for text in blocking)
            else f"Finish it first: stitchback squash finish {' '.join(sorted(apps))}",
            evidence=tuple(blocking),
        )
    stuck = [f"{each.key}: {text}" for each in migrations for text in not_carried(each)]
    if stuck:
        raise Refusal(
            "SB705",
            "the range has SQL that cannot be carried over, and that no model shows",
            hint="If a fresh install does not need it beside what the models create, write elidable=True into it, commit that, and stitch again.",
            evidence=tuple(stuck),
        )
    return SquashRange(tree, released.ref, tuple(sorted(apps)), keys)


def is_different(old: Migration, new: Migration | None) -> bool:
    return new is None or (
        new.blob != old.blob and (new.operations, new.dependencies) != (old.operations, old.dependencies)
    )


def reasons_against(migration: Migration, tree: Tree) -> Iterator[str]:
    key = migration.key
    if migration.replaces:
        yield f"{key} is a squash itself: its `replaces` is not empty"
    for replacer in tree.replacers.get(key, ()):
        yield f"{key} is replaced by the squash {replacer}"
    if migration.run_before:
        yield f"{key} has `run_before`"
    for opaque in migration.opaques:
        yield f"{key}: {opaque}"


def not_carried(migration: Migration) -> Iterator[str]:
    """Data operations within another operation, and SQL that changes the state: their text alone cannot be carried over."""
    top = {id(operation) for operation in migration.operations}
    for operation in lasting_data(migration):
        if id(operation) not in top or operation.state:
            yield data_run(operation).label


def carried(migration: Migration) -> Iterator[int]:
    """The operations, by index, that a squash must keep beside what the models show."""
    lasting = {id(operation) for operation in lasting_data(migration)}
    for index, operation in enumerate(migration.operations):
        if id(operation) in lasting or is_first(operation):
            yield index


def is_first(operation: Operation | Opaque) -> bool:
    return isinstance(operation, Operation) and operation.kind in FIRST


def elided(migration: Migration) -> Iterator[Operation]:
    """The data operations that a fresh install does not run any more."""
    lasting = {id(operation) for operation in lasting_data(migration)}
    for operation in migration.operations:
        if not runs_code(operation):
            continue
        if id(operation) not in lasting and not data_run(operation).empty:
            yield operation
