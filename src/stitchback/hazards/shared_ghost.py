"""SB305 and SB306: ghosts that Django's loader will get wrong."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.source import Span


class SharedGhost:
    """Two migrations name the same ghost in `replaces` (FACTS F4, F5).

    A fresh install that stops between them counts the second as applied: its columns are never made, and every later `migrate` exits 0.
    Let exactly one migration name it.
    """

    code = "SB305"
    severity = Severity.ERROR
    title = "a ghost is named twice"

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        for ghost, replacers in tree.replacers.items():
            if ghost not in tree.migrations and len(replacers) > 1:
                place = Span(tree.migrations[replacers[1]].path)
                message = f"{ghost} is named by {' and '.join(map(str, replacers))}"
                yield Finding(self.code, self.severity, tree.ref, place, message)


class ManyGhosts:
    """One migration names several ghosts that a database may have apart (FACTS F6).

    A database with some of them loses the migration from its graph: as a leaf that is silent, and the other half of the schema is never
    made. Split it, one ghost each.
    """

    code = "SB306"
    severity = Severity.WARNING
    title = "one replacer, several ghosts"

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        shared = {key for side in case.sides for key in side.patch.fork.migrations}
        for key in sorted(tree.migrations):
            migration = tree.migrations[key]
            ghosts = [
                ghost for ghost in migration.ghosts if ghost not in tree.migrations and ghost not in shared
            ]
            if len(ghosts) > 1 and key not in shared:
                message = f"{key} names {len(ghosts)} ghosts: {', '.join(map(str, ghosts))}"
                yield Finding(self.code, self.severity, tree.ref, Span(migration.path), message)
