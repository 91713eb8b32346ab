"""Which side brought the second leaf node of an app into the working tree, and how the two sides parted.

git knows it while a merge, rebase or cherry-pick is going on, and by the last merge commit. After a rebase, a cherry-pick or a
`stash pop` no merge shows it: then the files that came last are the one side, and the tree before they came is the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from stitchback.adapters.git import WORKTREE
from stitchback.api.project import ABBREVIATED, Project
from stitchback.api.reading_cases import Parting, being_merged, fork_point_of, read_all, read_patch
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.model.files import Kind, Unfinished
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Patch

HEAD = "HEAD"
MOST_MERGES = 500  # commits of HEAD's first-parent line that are merges, newest first
UNCOMMITTED = "uncommitted files"

Keys = frozenset[MigrationKey]
Leaves = Mapping[str, tuple[MigrationKey, ...]]


class SideOrigin(Enum):
    """How the second leaf node came."""

    MERGE = "merge"  # going on
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"
    UNCOMMITTED = (
        "uncommitted"  # `git stash pop`, `git cherry-pick --no-commit`, `makemigrations` on another leaf
    )
    MERGE_COMMIT = "merge commit"
    COMMIT = "commit"  # a rebase or a cherry-pick that is done


_ORIGINS = {
    Kind.MERGE: SideOrigin.MERGE,
    Kind.REBASE: SideOrigin.REBASE,
    Kind.CHERRY_PICK: SideOrigin.CHERRY_PICK,
}
MERGES = frozenset({SideOrigin.MERGE, SideOrigin.MERGE_COMMIT})


@dataclass(frozen=True, slots=True)
class OtherSide:
    """`patches`: the sides that came, as patch branches; what was there before them (`before`, a commit) is mainline. `commit`: that of the
    merge, or of the leaf; None where it is not committed."""

    origin: SideOrigin
    patches: tuple[Patch, ...]
    before: str
    commit: str | None = None


def several_leaves(tree: Tree) -> dict[str, tuple[MigrationKey, ...]]:
    """The apps for which Django reports "Conflicting migrations detected", with their leaf nodes."""
    found: dict[str, tuple[MigrationKey, ...]] = {}
    for leaf in MigrationGraph.of(tree).leaves():
        found[leaf.app] = (*found.get(leaf.app, ()), leaf)
    return {app: leaves for app, leaves in sorted(found.items()) if len(leaves) > 1}


def other_side(project: Project, tree: Tree, leaves: Leaves) -> OtherSide:
    """Without leaves: which side brought the conflicts of the index. Raises EnvironmentProblem (SB534) where no commit brought a leaf beside
    another one; SB503 in a shallow clone."""
    unfinished = project.repository.unfinished()
    if unfinished is not None:
        side = _of_unfinished(project, unfinished, leaves)
        if side is not None:
            return side
    for find in (_of_conflict, _of_uncommitted, _of_merge_commit, _of_commit):
        side = find(project, tree, leaves)
        if side is not None:
            return side
    raise EnvironmentProblem(
        "SB534",
        "no merge, no commit and no uncommitted file brought the second leaf node or the conflict",
        hint="Name the branch that it came from: `stitchback plan BRANCH`.",
        evidence=tuple(f"{app}: {', '.join(each.name for each in keys)}" for app, keys in leaves.items()),
    )


def _of_unfinished(project: Project, unfinished: Unfinished, leaves: Leaves) -> OtherSide | None:
    """What git is bringing; None where all leaves were there before, and there is a leaf to be resolved."""
    patches = _read(project, (fork_point_of(project, name, HEAD) for name in being_merged(project)))
    if leaves and not any(_brings(patch, leaves) for patch in patches):
        return None
    return OtherSide(_ORIGINS[unfinished.kind], patches, unfinished.onto)


def _brings(patch: Patch, leaves: Leaves) -> bool:
    return any(leaf not in patch.mainline_had for keys in leaves.values() for leaf in keys)


def _of_conflict(project: Project, tree: Tree, leaves: Leaves) -> OtherSide | None:
    """Where git left conflicts without a merge (`git stash pop`, `git cherry-pick --no-commit`): the ref, or the stash, that has the other
    version of such a file."""
    repository = project.repository
    head = repository.resolve(HEAD)
    for path, blob in repository.theirs().items():
        patch = _patch_with(project, path, blob, head, head)
        if patch is not None:
            return OtherSide(SideOrigin.UNCOMMITTED, (patch,), head)
    return None


def _of_uncommitted(project: Project, tree: Tree, leaves: Leaves) -> OtherSide | None:
    head = project.repository.resolve(HEAD)
    had = frozenset(project.tree("HEAD", head).migrations)
    brought = [leaf for keys in leaves.values() for leaf in keys if leaf not in had]
    if not brought:
        return None
    source = _source(project, tree, brought, head, None)
    own = frozenset(tree.migrations) - had
    patch = source or patch_of_files(tree, own, had, UNCOMMITTED, WORKTREE)
    return OtherSide(SideOrigin.UNCOMMITTED, (patch,), head)


def _of_merge_commit(project: Project, tree: Tree, leaves: Leaves) -> OtherSide | None:
    """The newest merge of HEAD's first-parent line of which another parent has a leaf that the first one lacks."""
    repository = project.repository
    head = repository.resolve(HEAD)
    paths = [tree.migrations[leaf].path for keys in leaves.values() for leaf in keys]
    merges = repository.merges_of(head, MOST_MERGES)
    commits = tuple(dict.fromkeys(parent for _, parents in merges for parent in parents))
    there = repository.which_have(commits, paths)
    for commit, (first, *others) in merges:
        tips = [tip for tip in others if there[tip] - there[first]]
        if tips:
            found = (fork_point_of(project, project.name_of_commit(tip), HEAD) for tip in tips)
            return OtherSide(SideOrigin.MERGE_COMMIT, _read(project, found), first, commit)
    return None


def _of_commit(project: Project, tree: Tree, leaves: Leaves) -> OtherSide | None:
    """The newest commit that added a leaf; its side is what was added since the first migration of the leaf's own chain."""
    repository = project.repository
    head = repository.resolve(HEAD)
    every = [leaf for keys in leaves.values() for leaf in keys]
    added = {leaf: repository.commits_of_paths(head, [tree.migrations[leaf].path])[-1:] for leaf in every}
    order = {
        commit: place
        for place, (commit, _) in enumerate(
            repository.commits_of_paths(head, [tree.migrations[leaf].path for leaf in every])
        )
    }
    newest = min(
        (leaf for leaf in every if added[leaf]), key=lambda leaf: order[added[leaf][0][0]], default=None
    )
    if newest is None:
        return None
    others = [leaf for leaf in leaves[newest.app] if leaf != newest]
    chain = own_chain(tree, newest, others)
    commits = repository.commits_of_paths(head, [tree.migrations[key].path for key in sorted(chain)])
    first, before = commits[-1]
    if before is None:
        return None
    commit = added[newest][0][0]
    had = frozenset(project.tree(f"{HEAD} before {first[:ABBREVIATED]}", before).migrations)
    source = _source(project, tree, [newest], before, commit)
    own = frozenset(tree.migrations) - had
    patch = source or patch_of_files(tree, own, had, commit[:ABBREVIATED], commit)
    return OtherSide(SideOrigin.COMMIT, (patch,), before, commit)


def own_chain(tree: Tree, leaf: MigrationKey, others: Iterable[MigrationKey]) -> Keys:
    """The leaf and what it depends on in its app, as far as the other leaves do not."""
    graph = MigrationGraph.of(tree)
    shared = {key for other in others for key in graph.ancestors(other)}
    return frozenset(key for key in graph.ancestors(leaf) if key.app == leaf.app and key not in shared)


def _source(
    project: Project, tree: Tree, leaves: Iterable[MigrationKey], before: str, commit: str | None
) -> Patch | None:
    """The branch or tag that has the very file of one of the leaves in another history, up to the commit that made it so: after a
    cherry-pick that of the release; after a rebase the branch as it was (ORIG_HEAD). None where there is none."""
    for leaf in leaves:
        migration = tree.migrations[leaf]
        patch = _patch_with(project, migration.path, migration.blob, before, commit)
        if patch is not None:
            return patch
    return None


def _patch_with(project: Project, path: str, blob: str, before: str, commit: str | None) -> Patch | None:
    """The first ref that has the very file in another history than that of `commit`, up to the commit that made it so."""
    repository = project.repository
    for name, tip in repository.refs_with(path, blob):
        if commit is not None and repository.is_ancestor(commit, tip):
            continue
        if not repository.merge_bases(tip, before):
            continue
        where = repository.commits_of_paths(tip, [path])
        made = where[0][0] if where else tip
        parting = Parting(name, made, repository.merge_base(made, before), before)
        return _read(project, [parting])[0]
    return None


def _read(project: Project, partings: Iterable[Parting]) -> tuple[Patch, ...]:
    partings = tuple(partings)
    read_all(project, HEAD, partings)
    return tuple(read_patch(project, HEAD, parting) for parting in partings)


def patch_of_files(tree: Tree, own: Keys, had: Keys, ref: str, commit: str) -> Patch:
    """A patch branch that no ref shows any more: the tree's files `own` on what they depend on. Its fork point is the tree without them
    and without what else there is in their apps."""
    graph = MigrationGraph.raw(tree)
    needed = {parent for key in own & graph.nodes for parent in graph.ancestors(key)} | own
    apps = {key.app for key in own}
    beside = {key for key in graph.nodes if key.app in apps and key not in needed}
    gone = {child for key in beside for child in graph.descendants(key)} - needed
    branch = tree.with_migrations(dict.fromkeys(gone))
    fork = branch.with_migrations(dict.fromkeys(own))
    order = (key for key in MigrationGraph.raw(branch).order() if key in own)
    return Patch(
        replace(branch, ref=ref, commit=commit),
        replace(fork, ref=f"fork point of {ref}", commit=commit),
        tuple(branch.migrations[key] for key in order),
        merged=True,
        mainline_had=had,
    )


def turned_round(project: Project, side: OtherSide, patch: Patch) -> Patch:
    """The two sides with their parts exchanged: what was there before is the patch branch, and what came is mainline's."""
    tree = project.tree(f"{HEAD} before", side.before)
    name = (
        project.name_of(HEAD) if side.origin is not SideOrigin.REBASE else project.name_of_commit(side.before)
    )
    tree = replace(tree, ref=name)
    order = MigrationGraph.raw(tree).order()
    own = tuple(tree.migrations[key] for key in order if key not in patch.fork.migrations)
    return Patch(tree, patch.fork, own, merged=True, mainline_had=frozenset(patch.tree.migrations))
