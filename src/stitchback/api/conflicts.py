"""Files that git left with conflict markers: those that a plan settles, and those that a person has to."""

from __future__ import annotations

from stitchback.adapters.git import WORKTREE, DiskFiles
from stitchback.api.project import Project
from stitchback.model.migrations import Tree
from stitchback.parsing.links import followed, real_path
from stitchback.rewriting.leaf_files import markers_with_conflicts


def settled_paths(project: Project, tree: Tree) -> tuple[str, ...]:
    """Migrations of the working tree and marker files with git's conflict markers, sorted: a plan writes them without any."""
    files = project.files(tree.commit)
    if not isinstance(files, DiskFiles):
        return ()
    paths = followed(files)
    migrations = {real_path(migration.path, paths) for migration in tree.migrations.values()}
    return tuple(sorted({*(files.conflicted.keys() & migrations), *markers_with_conflicts(files, tree)}))


def unsettled_paths(project: Project, tree: Tree) -> tuple[str, ...]:
    """Paths with a conflict in the index that no plan settles, sorted: models, settings, whatever it is."""
    if tree.commit != WORKTREE:
        return ()
    return tuple(sorted({*project.repository.unmerged_paths()} - {*settled_paths(project, tree)}))


def conflicts_settled(project: Project, tree: Tree) -> dict[str, bytes]:
    """What the conflicted migrations hold where the plan edits nothing else in them: mainline's version."""
    files = project.files(tree.commit)
    conflicted = files.conflicted if isinstance(files, DiskFiles) else {}
    return {path: files[path].read() for path in settled_paths(project, tree) if path in conflicted}
