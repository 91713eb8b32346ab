"""SB310."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph import MigrationGraph
from stitchback.graph.squashes import counts_as_applied, rows_of
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.source import Span

MOST_NAMED = 4


class ReplacerAboveUnapplied:
    """A migration counts as applied by its `replaces`, and depends on a migration that the database has not applied (FACTS F2, F3)."""

    code = "SB310"
    severity = Severity.ERROR
    remedy = ""

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        graph = MigrationGraph.raw(tree)
        for side in case.sides:
            rows, ref = rows_of(side.patch.tree), side.patch.tree.ref
            for key in sorted(key for key, each in tree.migrations.items() if each.ghosts):
                migration = tree.migrations[key]
                if not counts_as_applied(migration, rows):
                    continue
                above = [tree.migrations[other] for other in graph.ancestors(key) if other != key]
                unapplied = [each.key for each in above if not counts_as_applied(each, rows)]
                if unapplied:
                    is_leaf = key in MigrationGraph.of(tree).leaves(key.app)
                    message, severity = described(key, migration.ghosts, unapplied, ref, is_leaf)
                    hint = f"Let {key} depend only on migrations that {ref} has, and merge the leaf nodes: `stitchback plan {ref}`."
                    yield Finding(self.code, severity, ref, Span(migration.path), message, hint)


def described(
    key: MigrationKey,
    ghosts: tuple[MigrationKey, ...],
    unapplied: list[MigrationKey],
    ref: str,
    is_leaf: bool,
) -> tuple[str, Severity]:
    """The message, and how severe it is: in the middle of a chain a full `migrate` works (F1)."""
    names = ", ".join(map(str, unapplied[:MOST_NAMED])) + (
        f" and {len(unapplied) - MOST_NAMED} more" if unapplied[MOST_NAMED:] else ""
    )
    counts = f"{key} replaces {', '.join(map(str, ghosts))}, so it counts as applied on databases of {ref}, and it depends on {names}, which they have not applied"
    if is_leaf:
        return (
            f"{counts}: `migrate` never runs that, and then stops with InconsistentMigrationHistory",
            Severity.ERROR,
        )
    return (
        f"{counts}: after a `migrate` of another app or to an earlier target, each later one stops with InconsistentMigrationHistory",
        Severity.WARNING,
    )
