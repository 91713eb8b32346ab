"""SB305 and SB306: ghosts that Django's loader does not handle correctly."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class SharedGhost:
    """Two migrations have the same name in `replaces`, and the tree has no file for that name (FACTS F4, F5)."""

    code = "SB305"
    severity = Severity.ERROR
    remedy = "Keep the name in `replaces` of one migration only."

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        for ghost, replacers in tree.replacers.items():
            if ghost not in tree.migrations and len(replacers) > 1:
                place = Span(tree.migrations[replacers[1]].path)
                message = f"{ghost} is in `replaces` of {' and '.join(map(str, replacers))}"
                yield Finding(self.code, self.severity, tree.ref, place, message)


class ManyGhosts:
    """`replaces` of a migration contains several names without a file, and a database can have some of them
    applied and others not (FACTS F6).
    """

    code = "SB306"
    severity = Severity.WARNING
    remedy = "Write one migration for each of the names."

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        shared = {key for side in case.sides for key in side.patch.fork.migrations}
        for key in sorted(tree.migrations):
            migration = tree.migrations[key]
            ghosts = [
                ghost for ghost in migration.ghosts if ghost not in tree.migrations and ghost not in shared
            ]
            if len(ghosts) > 1 and key not in shared:
                message = (
                    f"{key} replaces {len(ghosts)} migrations without a file: {', '.join(map(str, ghosts))}"
                )
                yield Finding(self.code, self.severity, tree.ref, Span(migration.path), message)
