"""What a kill within a migration leaves on an engine that commits each DDL statement on its own (MySQL, MariaDB)."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.api.verification.real_databases import DatabaseCache, DatabaseState
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.model.keys import MigrationKey

MOST = 12  # migrations that are tried


def half_way(
    bench: DatabaseCache, tree: Reconciled, start: DatabaseState, focus: frozenset[MigrationKey]
) -> Iterator[str]:
    """Which migrations, of those that are run from `start` on, no `migrate` gets over once it was killed after their first
    operation. That is so for any tool and any plan: a person has to finish them, and must know before."""
    ran = bench.step(tree.session, start).outcome.ran
    near = [key for key in ran if key in focus and key.app in tree.apps]
    stuck = [(key, said) for key in near[:MOST] if (said := _killed_within(bench, tree, start, key))]
    if stuck:
        names = ", ".join(str(key) for key, _ in stuck)
        yield (
            f"killed within {names}, `migrate` cannot continue, because this engine keeps what was done "
            f"({stuck[0][0]}: {stuck[0][1]}); `stitchback inspect` reports how far such a migration got"
        )
    if len(near) > MOST:
        yield f"not tried: a kill within each of the {len(near) - MOST} migrations after {near[MOST - 1]}"


def _killed_within(bench: DatabaseCache, tree: Reconciled, start: DatabaseState, key: MigrationKey) -> str:
    """What Django says the second time; "" where it goes on."""
    url = bench.scratch.copy(start.url)
    try:
        bench.migrations += 2
        if not tree.session.migrate(url, stop_amid=(key, 1)).stopped:
            return ""
        again = tree.session.migrate(url)
        return "" if again.went_well else f"{again.error_class}: {again.error_message}"
    finally:
        bench.scratch.drop(url)
