"""SB311."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph.squashes import rows_of
from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.source import Span


class PartlyAppliedSquash:
    """Databases of a branch have applied some of the migrations that a squash replaces and not all, and the tree no longer has the
    files that Django needs in its place (FACTS F6).
    """

    code = "SB311"
    severity = Severity.ERROR
    remedy = ""

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        for side in case.sides:
            rows, ref = rows_of(side.patch.tree), side.patch.tree.ref
            for key in sorted(key for key, each in tree.migrations.items() if each.ghosts):
                migration = tree.migrations[key]
                unapplied = [ghost for ghost in migration.ghosts if ghost not in rows]
                if not unapplied or len(unapplied) == len(migration.ghosts):
                    continue
                effect = effect_of(migration.ghosts, unapplied, tree)
                if effect:
                    message = f"databases of {ref} have applied some of the migrations that {key} replaces, and not {', '.join(map(str, unapplied))}: Django removes {key} from the graph, and {effect}"
                    hint = f"Keep the files of the replaced migrations until each database of {ref} has applied all of them."
                    yield Finding(self.code, self.severity, ref, Span(migration.path), message, hint)


def effect_of(ghosts: tuple[MigrationKey, ...], unapplied: list[MigrationKey], tree: Tree) -> str:
    """What goes wrong without the squash; "" where the files of the replaced migrations do its work."""
    lost = [ghost for ghost in unapplied if ghost not in tree.migrations]
    if lost:
        return f"the operations of {', '.join(map(str, lost))} are never run, since there is no file for {'it' if len(lost) == 1 else 'them'}"
    gone = {ghost for ghost in ghosts if ghost not in tree.migrations}
    for migration in tree.migrations.values():
        for parent in migration.parents:
            if parent in gone:
                return f"`migrate` stops with NodeNotFoundError: {migration.key} depends on {parent}, which has no file"
    return ""
