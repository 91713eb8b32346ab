"""The parts of a plan's migrations that could not be read, and how the proof treated them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.engine.composite_migration import parts_of
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.operations import kind_of


def unread(tree: Tree) -> tuple[str, ...]:
    """One line for each, sorted: operations, dependencies and names in `replaces` that are opaque or of an unknown kind."""
    migrations = (part for migration in tree.migrations.values() for part in parts_of(migration))
    return tuple(sorted({line for migration in migrations for line in lines(migration)}))


def lines(migration: Migration) -> Iterator[str]:
    for name in (*migration.dependencies, *migration.run_before, *migration.replaces):
        if isinstance(name, Opaque):
            yield f"{migration.key}: {name}; ignored"
    for operation in unread_operations(migration.operations):
        where = (
            operation if isinstance(operation, Opaque) else f"{operation.span}: {operation.kind} is not known"
        )
        yield f"{migration.key}: {where}; assumed to change no schema, and to run exactly once"


def unread_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    for operation in operations:
        if isinstance(operation, Opaque) or kind_of(operation) is None:
            yield operation
        else:
            yield from unread_operations((*operation.database, *operation.state))
