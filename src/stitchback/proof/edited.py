"""Files of the fork point that mainline edited afterwards, in place.

Databases that have applied the old file never run the new one: whatever differs is so with any plan and without one
(SB208 tells). So a proof takes the files as mainline has them, on every branch, and looks for what the plan changes.
"""

from __future__ import annotations

from dataclasses import replace

from stitchback.engine import Engine, Memory, SymbolicDatabase
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Situation

MOST_NAMED = 3


def as_mainline_has_them(situation: Situation, memory: Memory) -> tuple[Situation, tuple[str, ...]]:
    """The situation with mainline's operations in the fork points' files, and in words which ones were others.

    A branch that cannot be migrated any more with them stays as it is: mainline has put into an old file what the branch makes.
    """
    said: list[str] = []
    patches: list[Patch] = []
    for patch in situation.patches:
        newer = newer_files(patch.fork, situation.mainline)
        changed = with_newer(patch, newer)
        if changed == patch or not all(
            as_sound(old, new, memory)
            for old, new in ((patch.fork, changed.fork), (patch.tree, changed.tree))
        ):
            patches.append(patch)
            continue
        patches.append(changed)
        said.extend(in_words(patch.fork, newer))
    return replace(situation, patches=tuple(patches)), tuple(dict.fromkeys(said))


def newer_files(fork: Tree, mainline: Tree) -> dict[MigrationKey, Migration]:
    return {
        key: mainline.migrations[key]
        for key, migration in fork.migrations.items()
        if key in mainline.migrations and mainline.migrations[key] != migration
    }


def with_newer(patch: Patch, newer: dict[MigrationKey, Migration]) -> Patch:
    fork = patch.fork
    return replace(patch, fork=edited(fork, newer, fork), tree=edited(patch.tree, newer, fork))


def edited(tree: Tree, newer: dict[MigrationKey, Migration], fork: Tree) -> Tree:
    files = tree.migrations
    return tree.with_migrations({key: merged(files[key], newer[key], fork) for key in newer if key in files})


def merged(old: Migration, new: Migration, fork: Tree) -> Migration:
    """Mainline's file; only its operations where mainline also hung it on what the fork point does not have: databases
    stumble over that (FACTS F30)."""
    known = {key.app for key in fork.migrations}
    strange = [
        parent
        for parent in (*new.dependencies, *new.run_before)
        if isinstance(parent, MigrationKey)
        and parent.app in known
        and parent.name not in (FIRST, LATEST)
        and parent not in fork.migrations
        and parent not in (*old.dependencies, *old.run_before)
    ]
    if strange or old.replaces != new.replaces:
        return old.with_changes(operations=new.operations)
    return new


def as_sound(old: Tree, new: Tree, memory: Memory) -> bool:
    return installs(new, memory) or not installs(old, memory)


def installs(tree: Tree, memory: Memory) -> bool:
    return Engine(tree, memory=memory).migrate(SymbolicDatabase()).error is None


def in_words(fork: Tree, newer: dict[MigrationKey, Migration]) -> tuple[str, ...]:
    names = [str(key) for key in sorted(newer) if newer[key].operations != fork.migrations[key].operations]
    if not names:
        return ()
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (f"taken as mainline has edited them since: {', '.join(names[:MOST_NAMED])}{more}",)
