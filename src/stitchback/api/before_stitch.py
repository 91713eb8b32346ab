"""Mainline as it was before the stitch: the tree that made mainline's databases, whether the plan is written, committed or neither."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stitchback.api.project import WORKTREE, Project
from stitchback.matching.provenance import stitched_for
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Situation
from stitchback.parsing.links import followed
from stitchback.parsing.provenance import provenance_of


@dataclass(frozen=True, slots=True)
class BeforeStitch:
    """`commit` has none of the files that were stitched for the patch branches. `went_on`: mainline has got migrations since that are
    not the plan's."""

    commit: str
    went_on: bool


def before_stitch(project: Project, situation: Situation) -> BeforeStitch | None:
    """None where mainline has no file that was stitched for these patch branches, or always had."""
    own = frozenset(
        key
        for patch in situation.patches
        for key in patch.tree.migrations.keys() - patch.fork.migrations.keys()
    )
    mainline = situation.mainline
    commit = commit_before(project, mainline, own)
    if commit is None:
        return None
    known = project.tree(f"{mainline.ref} before the plan", commit).migrations
    new = (each for key, each in mainline.migrations.items() if key not in known)
    return BeforeStitch(commit, not all(map(_is_of_a_plan, new)))


def commit_before(project: Project, mainline: Tree, own: Collection[MigrationKey]) -> str | None:
    """The newest commit of mainline without a file that was stitched for one of these patch migrations; None where it has no such file, or
    always had."""
    paths = [
        each.path
        for each in mainline.migrations.values()
        if not stitched_for(each.provenance).isdisjoint(own)
    ]
    if not paths:
        return None
    head = project.history_of("HEAD") if mainline.commit == WORKTREE else mainline.commit
    return _without(project, head, paths, own)


def _without(project: Project, head: str, paths: Iterable[str], own: Collection[MigrationKey]) -> str | None:
    """The newest commit of the first-parent line of which neither it nor one before it has a stitched file; None where there is none."""
    repository = project.repository
    for commit, parent in reversed(repository.commits_of_paths(head, paths)):
        files = followed(repository.files(commit))
        if any(
            path in files and not stitched_for(provenance_of(files[path].read())).isdisjoint(own)
            for path in paths
        ):
            return parent
    return head


def _is_of_a_plan(migration: Migration) -> bool:
    """What a plan adds to mainline: files with its comments, and empty merges."""
    return bool(migration.provenance) or not migration.operations
