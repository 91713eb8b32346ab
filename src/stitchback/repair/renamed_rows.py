"""Finds rows whose migration has been renamed: renamed files, apps with another label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque
from stitchback.repair.ledger_edits import RenameRow
from stitchback.repair.recorder_rules import Keys, RecorderRules


def renames(accounts: RecorderRules, rows: Keys, histories: Sequence[Tree]) -> tuple[RenameRow, ...]:
    """For each row that only a past tree has: the one migration that has the same operations under another name and has no row. None if there are
    several such migrations."""
    unknown = sorted(rows - accounts.named)
    candidates = {key: _successors(key, accounts, rows, histories) for key in unknown}
    taken = [key for found in candidates.values() for key in found]
    return tuple(
        RenameRow(
            old, found[0], f"{old} is called {found[0]} now, with the same operations, so its row is renamed"
        )
        for old, found in candidates.items()
        if len(found) == 1 and taken.count(found[0]) == 1
    )


def _successors(
    old: MigrationKey, accounts: RecorderRules, rows: Keys, histories: Sequence[Tree]
) -> tuple[MigrationKey, ...]:
    pasts = [tree for tree in histories if old in tree.migrations]
    found = {key for tree in pasts for key in _same_elsewhere(tree.migrations[old], tree, accounts, rows)}
    if not found or any(
        set(_same_elsewhere(tree.migrations[old], tree, accounts, rows)) != found for tree in pasts
    ):
        return ()
    return tuple(sorted(found))


def _same_elsewhere(
    old: Migration, past: Tree, accounts: RecorderRules, rows: Keys
) -> Iterator[MigrationKey]:
    """Migrations that the past tree lacks and that have the same operations: in the same app under another name, or under the same name in an app
    with another label (that the past tree lacks too)."""
    for key in sorted(accounts.tree.migrations):
        other = accounts.tree.migrations[key]
        renamed = key.app == old.key.app and key not in past.migrations
        relabelled = (
            key.name == old.key.name and key.app not in _labels(past) and old.key.app not in accounts.apps
        )
        if (renamed or relabelled) and key not in rows and not other.ghosts and same_work(old, other):
            yield key


def _labels(tree: Tree) -> set[str]:
    return {key.app for key in tree.migrations}


def same_work(one: Migration, other: Migration) -> bool:
    """Whether both have the same operations; never if one could not be read or has nothing to compare."""
    if one.opaques or other.opaques or not one.operations:
        return False
    if one.blob and one.blob == other.blob:
        return True
    label = (f"'{one.key.app}.", f"'{other.key.app}.")
    return [_text(item).replace(*label) for item in one.operations] == [
        _text(item) for item in other.operations
    ]


def _text(operation: object) -> str:
    """The operation as text. References to the app's own models ('shop.item') contain a placeholder for its label."""
    assert not isinstance(operation, Opaque), "asked for before"
    return str(operation)
