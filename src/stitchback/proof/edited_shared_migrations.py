"""Migrations of the fork point that mainline edited afterwards.

Databases that have applied the old file never run the new one (FACTS F38). If the edit makes no difference to a database, the proof uses mainline's
files on every branch and checks only the plan's changes. Otherwise each database is created with the files that it ran: old files for the fork point
and the patch branches, new files for mainline.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from stitchback.engine import Engine, EngineCache, SymbolicDatabase
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.matching.edited_shared_migrations import apps_of_trees
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Patch, Situation

MOST_NAMED = 3
Newer = dict[MigrationKey, Migration]


def as_mainline_has_them(situation: Situation, memory: EngineCache) -> tuple[Situation, tuple[str, ...]]:
    """The situation with mainline's operations in those files of the fork points that create the same schema, and a description of the others."""
    said: list[str] = []
    patches: list[Patch] = []
    for patch in situation.patches:
        newer = unseen(patch, newer_files(patch.fork, situation.mainline), situation, memory)
        patches.append(with_newer(patch, newer, situation.mainline))
        said.extend(in_words(patch.fork, newer))
    return replace(situation, patches=tuple(patches)), tuple(dict.fromkeys(said))


def unseen(patch: Patch, newer: Newer, situation: Situation, memory: EngineCache) -> Newer:
    """The edits with which both trees of the branch create the same schema as before: all together if possible, otherwise app by app; and those that
    the project accepts."""
    with_files = partial(with_newer, patch, mainline=situation.mainline)
    if with_files(newer) == patch:
        return newer
    found = {key: migration for key, migration in newer.items() if key in situation.policy.accepted}
    if not as_sound(patch, with_files(found), memory):
        found = {}
    if make_the_same(with_files(found), with_files(newer), memory):
        return newer
    for app in sorted({key.app for key in newer}):
        more = found | {key: migration for key, migration in newer.items() if key.app == app}
        if make_the_same(with_files(found), with_files(more), memory):
            found = more
    return found


def make_the_same(old: Patch, new: Patch, memory: EngineCache) -> bool:
    """Whether databases of the branch are equal with either version of the files. Unknown if the old version cannot be installed."""
    return as_sound(old, new, memory) and all(
        made(one, memory) in (None, made(other, memory))
        for one, other in zip(trees(old), trees(new), strict=True)
    )


def as_sound(old: Patch, new: Patch, memory: EngineCache) -> bool:
    """Whether each tree that can be installed with the old files can be installed with the new ones. Otherwise mainline has added to an old file what
    the branch creates itself."""
    return all(
        made(other, memory) is not None or made(one, memory) is None
        for one, other in zip(trees(old), trees(new), strict=True)
    )


def trees(patch: Patch) -> tuple[Tree, Tree]:
    return patch.fork, patch.tree


def made(tree: Tree, memory: EngineCache) -> PhysicalSchema | None:
    """The schema of a fresh install of the tree; None if it cannot be installed."""
    run = Engine(tree, memory=memory).migrate(SymbolicDatabase())
    return run.final.schema if run.error is None else None


def newer_files(fork: Tree, mainline: Tree) -> Newer:
    return {
        key: mainline.migrations[key]
        for key, migration in fork.migrations.items()
        if key in mainline.migrations and mainline.migrations[key] != migration
    }


def with_newer(patch: Patch, newer: Newer, mainline: Tree) -> Patch:
    apps = apps_of_trees(patch, mainline)

    def edited(tree: Tree) -> Tree:
        files = tree.migrations
        return tree.with_migrations(
            {key: merged(files[key], newer[key], patch.fork, apps) for key in newer if key in files}
        )

    return replace(patch, fork=edited(patch.fork), tree=edited(patch.tree))


def merged(old: Migration, new: Migration, fork: Tree, apps: frozenset[str]) -> Migration:
    """Mainline's file; only its operations if mainline added a dependency, in one of these apps, that the fork point lacks: databases would fail
    because of it (FACTS F30)."""
    strange = [
        parent
        for parent in (*new.dependencies, *new.run_before)
        if isinstance(parent, MigrationKey)
        and parent.app in apps
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
