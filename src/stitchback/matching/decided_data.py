"""What mainline decided about data operations of migrations whose names both branches have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import Situation
from stitchback.model.source import Opaque
from stitchback.operations import kind_of
from stitchback.operations.data import data_operations, data_run, runs_code


def decided(migration: Migration, situation: Situation) -> bool:
    """Whether mainline decided itself what its migration of that name does with data (SB205): a finding reports it, no plan changes it.

    So it is where that one has as many data operations, and where mainline does it in another migration of a name that both have, which
    the project has agreed to. Where mainline has fewer, nothing was decided, and the work would be lost. Work of another migration of the
    patch branch, which mainline has under this name, is no decision about this one.
    """
    mainline = situation.mainline.migrations
    if migration.key not in mainline:
        return False
    twin = mainline[migration.key]
    return count(twin) - len(of_other_migrations(migration, twin, situation)) >= count(migration) or any(
        other.key.app == migration.key.app and is_agreed_instead(other, mainline.get(other.key), situation)
        for patch in situation.patches
        for other in patch.migrations
    )


def of_other_migrations(migration: Migration, twin: Migration, situation: Situation) -> list[str]:
    """The works of mainline's `twin` that other migrations of the patch branch do, and `migration` does not."""
    others = {
        work
        for patch in situation.patches
        if migration.key in patch.tree.migrations
        for other in patch.migrations
        if other.key != migration.key
        for work in works(other)
    }
    own = {*works(migration)}
    return [work for work in works(twin) if work in others and work not in own]


def works(migration: Migration) -> Iterator[str]:
    """The fingerprints of the data operations that do something."""
    runs = (data_run(operation) for operation in data_operations(migration.operations))
    return (run.fingerprint for run in runs if not run.empty)


def is_agreed_instead(theirs: Migration, ours: Migration | None, situation: Situation) -> bool:
    """Whether mainline's migration of the name has data operations that the other lacks, which a database may miss."""
    agreed = any(each.may_miss and each.migration == theirs.key for each in situation.policy.data)
    return agreed and ours is not None and count(ours) > count(theirs)


def count(migration: Migration) -> int:
    """How many data operations there are, those that do nothing as well."""
    each = operations_in(migration.operations)
    return sum(kind_of(item) is None or runs_code(item) for item in each)


def operations_in(operations: Iterable[Operation | Opaque]) -> Iterator[Operation | Opaque]:
    for operation in operations:
        yield operation
        if isinstance(operation, Operation):
            yield from operations_in(operation.database)
