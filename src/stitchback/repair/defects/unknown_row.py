"""SB621: a row of a migration that the tree does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.repair.defects.defect import Examined, checkout


class UnknownRow:
    """A row names a migration of this project's apps that the tree does not have, neither as a file nor in a
    `replaces`.
    """

    code = "SB621"
    severity = Severity.WARNING

    def find(self, examined: Examined) -> Iterator[Finding]:
        for key, refs in sorted(examined.unknown.items()):
            where = f": it is in {', '.join(refs[:3])}" if refs else " and no ref that was searched has it"
            yield examined.finding(
                self, None, f"{examined.accounts.tree.ref} does not have {key}{where}", _hint(examined, key)
            )


def _hint(examined: Examined, key: MigrationKey) -> str:
    """The command that adds the migration: a plan if a branch or tag has it; for a commit in the history, only the file."""
    tree = next((tree for tree in examined.histories if key in tree.migrations), None)
    if tree is None:
        return ""
    if " " not in tree.ref:
        return f"`stitchback plan {tree.ref}` shows how to merge it"
    return f"`{checkout(tree.commit, tree.migrations[key].path)}` restores it"
