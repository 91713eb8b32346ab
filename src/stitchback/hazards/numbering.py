"""SB314."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.source import Span

_NUMBER = re.compile(r"(\d+)_")


class Numbering:
    """A new migration has no greater number than a migration of its app on which it depends."""

    code = "SB314"
    severity = Severity.WARNING
    remedy = ""

    def find(self, case: Case) -> Iterator[Finding]:
        tree = case.situation.mainline
        old = {key for side in case.sides for key in side.patch.tree.migrations}
        for key in sorted(tree.migrations.keys() - old):
            own = number_of(key)
            parents = [parent for parent in tree.migrations[key].parents if parent.app == key.app]
            parents = [parent for parent in parents if not is_replacer(parent, tree)]
            above = [parent for parent in parents if own is not None and (number_of(parent) or 0) >= own]
            if above:
                names = " and ".join(map(str, above))
                message = f"{key} depends on {names}, and its number is not greater"
                hint = f"Rename it to follow {max(parent.name for parent in above)}, if no database has applied it."
                yield Finding(
                    self.code, self.severity, tree.ref, Span(tree.migrations[key].path), message, hint
                )


def is_replacer(key: MigrationKey, tree: Tree) -> bool:
    """Whether its place in the chain is that of the migrations that it replaces."""
    return key in tree.migrations and bool(tree.migrations[key].ghosts)


def number_of(key: MigrationKey) -> int | None:
    """The number with which makemigrations begins the name."""
    match = _NUMBER.match(key.name)
    return int(match[1]) if match else None
