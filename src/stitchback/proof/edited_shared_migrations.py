"""Files of the fork point that mainline edited afterwards, in place.

Databases that have applied the old file never run the new one (FACTS F38). Where that makes no difference to a database a proof takes
the files as mainline has them, on every branch, and looks for what the plan changes. Where it does, each database is made with the files
that it met: those of the fork point and of the patch branches with the old ones, mainline's own with the new ones.
"""

from __future__ import annotations

from dataclasses import replace

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Patch, Situation

MOST_NAMED = 3
Newer = dict[MigrationKey, Migration]


def as_mainline_has_them(situation: Situation, memory: EngineCache) -> tuple[Situation, tuple[str, ...]]:
    """The situation with mainline's operations in those of the fork points' files that make the same there, and in words which ones
    were others."""
    said: list[str] = []
    patches: list[Patch] = []
    for patch in situation.patches:
        newer = unseen(patch, newer_files(patch.fork, situation.mainline), situation, memory)
        patches.append(with_newer(patch, newer))
        said.extend(in_words(patch.fork, newer))
    return replace(situation, patches=tuple(patches)), tuple(dict.fromkeys(said))


def unseen(patch: Patch, newer: Newer, situation: Situation, memory: EngineCache) -> Newer:
    """Those with which both of the branch's trees make the same schema as before: all together where they do, else app by app; and those
    that the project accepts."""
    if with_newer(patch, newer) == patch:
        return newer
    found = {key: migration for key, migration in newer.items() if key in situation.policy.accepted}
    if not as_sound(patch, with_newer(patch, found), memory):
        found = {}
    if make_the_same(with_newer(patch, found), with_newer(patch, newer), memory):
        return newer
    for app in sorted({key.app for key in newer}):
        more = found | {key: migration for key, migration in newer.items() if key.app == app}
        if make_the_same(with_newer(patch, found), with_newer(patch, more), memory):
            found = more
    return found


def make_the_same(old: Patch, new: Patch, memory: EngineCache) -> bool:
    """Whether databases of the branch are the same with either version of the files. What the old one makes is not known where it cannot
    be installed."""
    return as_sound(old, new, memory) and all(
        made(one, memory) in (None, made(other, memory))
        for one, other in zip(trees(old), trees(new), strict=True)
    )


def as_sound(old: Patch, new: Patch, memory: EngineCache) -> bool:
    """A branch that cannot be migrated any more has got into an old file what it makes itself."""
    return all(
        made(other, memory) is not None or made(one, memory) is None
        for one, other in zip(trees(old), trees(new), strict=True)
    )


def trees(patch: Patch) -> tuple[Tree, Tree]:
    return patch.fork, patch.tree


def made(tree: Tree, memory: EngineCache) -> PhysicalSchema | None:
    """What a fresh install of the tree has; None where it cannot be installed."""
    run = Engine(tree, memory=memory).migrate(SymbolicDatabase())
    return run.final.schema if run.error is None else None


def newer_files(fork: Tree, mainline: Tree) -> Newer:
    return {
        key: mainline.migrations[key]
        for key, migration in fork.migrations.items()
        if key in mainline.migrations and mainline.migrations[key] != migration
    }


def with_newer(patch: Patch, newer: Newer) -> Patch:
    fork = patch.fork
    return replace(patch, fork=edited(fork, newer, fork), tree=edited(patch.tree, newer, fork))


def edited(tree: Tree, newer: Newer, fork: Tree) -> Tree:
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


def in_words(fork: Tree, newer: Newer) -> tuple[str, ...]:
    names = [str(key) for key in sorted(newer) if newer[key].operations != fork.migrations[key].operations]
    if not names:
        return ()
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (f"used as mainline has edited them: {', '.join(names[:MOST_NAMED])}{more}",)
