"""Mainline as it was before the stitch: the tree that made mainline's databases, whether the plan is written, committed or neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stitchback.api.project import WORKTREE, Project
from stitchback.matching.provenance import stitched_for
from stitchback.model.files import FileEntry
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Situation
from stitchback.parsing.links import followed
from stitchback.parsing.sources import provenance_of

MOST_CHANGES = 5  # of stitched files, whose trees are tried


@dataclass(frozen=True, slots=True)
class BeforeStitch:
    """`commit` has none of the files that were stitched for the patch branches. `went_on`: mainline has got migrations since that are
    not the plan's."""

    commit: str
    went_on: bool


def before_stitch(project: Project, situation: Situation) -> BeforeStitch | None:
    """None where mainline has no file that was stitched for these patch branches, or always had. A formatter may have removed the comments that say
    so: then `replaces` shows it, or a patch migration's name on another file."""
    mainline, own = situation.mainline, dict[MigrationKey, str]()
    for patch in situation.patches:
        new = patch.tree.migrations.keys() - patch.fork.migrations.keys()
        own.update((key, patch.tree.migrations[key].blob) for key in new)
    commit = commit_before(project, mainline, own)
    if commit is None:
        return None
    known = project.tree(f"{mainline.ref} before the plan", commit).migrations
    added = (each for key, each in mainline.migrations.items() if key not in known)
    return BeforeStitch(commit, not all(_is_of_a_plan(each) or _is_stitched(each, own) for each in added))


def commit_before(project: Project, mainline: Tree, own: Mapping[MigrationKey, str]) -> str | None:
    """The newest commit of mainline without a file that was stitched for one of these patch migrations (with their blobs); None where it has no
    such file, or always had."""
    stitched = _stitched_files(mainline, own)
    if not stitched:
        return None
    head = _head(project, mainline)
    for commit, parent in reversed(project.repository.commits_of_paths(head, stitched)):
        files = followed(project.repository.files(commit))
        if any(path in files and _was_stitched(each, files[path], own) for path, each in stitched.items()):
            return parent
    return head


def commits_before_changes(
    project: Project, mainline: Tree, own: Mapping[MigrationKey, str]
) -> Iterator[str]:
    """The commits of mainline right before each change of those files, the newest first: git's merge may have brought what the plan then edited."""
    stitched = _stitched_files(mainline, own)
    if stitched:
        head = _head(project, mainline)
        yield head
        changes = project.repository.commits_of_paths(head, stitched)
        yield from (parent for _, parent in changes[:MOST_CHANGES] if parent is not None)


def _stitched_files(mainline: Tree, own: Mapping[MigrationKey, str]) -> dict[str, Migration]:
    return {each.path: each for each in mainline.migrations.values() if _is_stitched(each, own)}


def _head(project: Project, mainline: Tree) -> str:
    return project.history_of("HEAD") if mainline.commit == WORKTREE else mainline.commit


def _is_stitched(migration: Migration, own: Mapping[MigrationKey, str]) -> bool:
    return (
        not own.keys().isdisjoint(stitched_for(migration.provenance))
        or not own.keys().isdisjoint(migration.replaces)
        or own.get(migration.key, migration.blob) != migration.blob
    )


def _was_stitched(migration: Migration, file: FileEntry, own: Mapping[MigrationKey, str]) -> bool:
    """Whether that version of the file was stitched as well: a new file is, unless git's merge brought the patch branch's; a mainline file has the
    comment or the name in its `replaces`."""
    source, replaced = file.read(), own.keys() & set(migration.replaces)
    named = any(f"{quote}{key.name}{quote}".encode() in source for key in replaced for quote in "'\"")
    is_other = migration.key in own and file.blob != own[migration.key]
    return is_other or named or not own.keys().isdisjoint(stitched_for(provenance_of(source)))


def _is_of_a_plan(migration: Migration) -> bool:
    """What a plan adds to mainline: files with its comments, and empty merges."""
    return bool(migration.provenance) or not migration.operations
