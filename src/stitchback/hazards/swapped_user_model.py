"""SB214."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.graph.swapped import app_of, depending, first_of, swapped
from stitchback.matching.case import Case, Side
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.source import Span

MOST_NAMED = 4


class SwappedUserModel:
    """A setting that names a model, usually AUTH_USER_MODEL, names a model of another app on mainline than at
    the fork point (FACTS F37).
    """

    code = "SB214"
    severity = Severity.ERROR
    remedy = "Insert the row of the new app's first migration before the deploy, as `stitchback explain SB214` shows."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for setting in swapped((case.situation.mainline, side.patch.fork)):
                yield from self.of(setting, side, case.situation.mainline)

    def of(self, setting: str, side: Side, mainline: Tree) -> Iterator[Finding]:
        fork = side.patch.fork
        applied = set(depending(setting, fork))
        stuck = [key for key in depending(setting, mainline) if key in applied or key in fork.migrations]
        app = app_of(setting, mainline)
        first = first_of(app, mainline) if app is not None else None
        if not stuck or app in (None, "auth") or first in fork.migrations:
            return
        names = ", ".join(map(str, stuck[:MOST_NAMED])) + (
            f" and {len(stuck) - MOST_NAMED} more" if stuck[MOST_NAMED:] else ""
        )
        message = (
            f"{setting} is {mainline.settings[setting]} on {mainline.ref}, and {fork.settings[setting]} on {fork.ref}: "
            f"{names} {'depends' if len(stuck) == 1 else 'depend'} on {first or f'the first migration of {app}'} there, which databases of {side.patch.tree.ref} have not applied"
        )
        yield Finding(self.code, self.severity, mainline.ref, place((*stuck, first), mainline), message)


def place(keys: tuple[MigrationKey | None, ...], mainline: Tree) -> Span | None:
    """The first of them that is a file of the tree."""
    found = (mainline.migrations[key] for key in keys if key is not None and key in mainline.migrations)
    return next((Span(migration.path) for migration in found), None)
