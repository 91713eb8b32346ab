"""Mainline as it was before the stitch: the tree that made mainline's databases, whether the plan is written, committed or neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.api.project import WORKTREE, Project
from stitchback.matching.provenance import stitched_for
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Situation
from stitchback.parsing.links import followed
from stitchback.parsing.sources import provenance_of


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
    stitched = [each for each in mainline.migrations.values() if _is_stitched(each, own)]
    if not stitched:
        return None
    head = project.history_of("HEAD") if mainline.commit == WORKTREE else mainline.commit
    return _without(project, head, stitched, own)


def _without(
    project: Project, head: str, stitched: Iterable[Migration], own: Mapping[MigrationKey, str]
) -> str | None:
    """The newest commit of the first-parent line of which neither it nor one before it has a stitched file; None where there is none."""
    repository, files_of = project.repository, {each.path: each for each in stitched}
    for commit, parent in reversed(repository.commits_of_paths(head, files_of)):
        files = followed(repository.files(commit))
        if any(
            path in files and _was_stitched(each, files[path].read(), own) for path, each in files_of.items()
        ):
            return parent
    return head


def _is_stitched(migration: Migration, own: Mapping[MigrationKey, str]) -> bool:
    return (
        not own.keys().isdisjoint(stitched_for(migration.provenance))
        or not own.keys().isdisjoint(migration.replaces)
        or own.get(migration.key, migration.blob) != migration.blob
    )


def _was_stitched(migration: Migration, source: bytes, own: Mapping[MigrationKey, str]) -> bool:
    """Whether that version of the file was stitched as well: a new file is, a mainline file has the comment or the name in its `replaces`."""
    replaced = own.keys() & set(migration.replaces)
    named = any(f"{quote}{key.name}{quote}".encode() in source for key in replaced for quote in "'\"")
    return migration.key in own or named or not own.keys().isdisjoint(stitched_for(provenance_of(source)))


def _is_of_a_plan(migration: Migration) -> bool:
    """What a plan adds to mainline: files with its comments, and empty merges."""
    return bool(migration.provenance) or not migration.operations
