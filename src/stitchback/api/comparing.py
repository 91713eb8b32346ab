"""Refs in, a case out: both sides since the fork point, compared; and what is to be said of it, the use case `status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from stitchback.api.nothing_read import refuse_nothing_read
from stitchback.api.packages import with_packages
from stitchback.api.project import Project, refuse_two_projects
from stitchback.errors import EnvironmentProblem
from stitchback.hazards import find_all
from stitchback.hazards.edited_after_release import EditedAfterRelease
from stitchback.matching import compare, edited_since, sides
from stitchback.matching.case import Case, Side
from stitchback.matching.followed_data_operations import with_followed_works
from stitchback.matching.user_model_spelling import as_mainline_spells
from stitchback.model.atoms import DataRun, WorkInTree
from stitchback.model.configuration import Suppression
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree, field_bases_of, field_names_of
from stitchback.model.plans import Patch, Policy, Situation
from stitchback.planning.reports import Status, coverage


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a person asks of `status`, `plan` and `apply`. `unreleased_since` is a ref."""

    patches: tuple[str, ...]
    onto: str = "HEAD"
    strategy: str | None = None
    zero_touch: bool = False
    unreleased_since: str | None = None
    ledgers: tuple[Ledger, ...] = ()


def status(project: Project, wish: PlanRequest) -> Status:
    """Raises EnvironmentProblem as `read_case` does."""
    case = read_case(project, wish)
    findings = (*project.repository.findings, *find_all(case, project.configuration.suppress))
    return Status(case, tuple(sorted(set(findings), key=lambda finding: finding.sort_key)), coverage(case))


def read_case(project: Project, wish: PlanRequest) -> Case:
    """Reads both branches and where they parted, and compares them.

    Raises EnvironmentProblem: no such ref, a shallow clone, a patch branch that is mainline itself, a configuration that does not fit the trees.
    """
    said = project.configuration
    wish = replace(wish, patches=tuple(map(project.lasting_name, wish.patches)))
    commits = tuple(fork_point_of(project, ref, wish.onto) for ref in wish.patches)
    read_all(project, wish, commits)
    read = tuple(read_patch(project, ref, *each) for ref, each in zip(wish.patches, commits, strict=True))
    mainline, followed = with_works(project.tree(wish.onto), read)
    patches = tuple(
        as_mainline_spells(with_packages(patch, mainline, said.packages), mainline) for patch in followed
    )
    for each in patches:
        refuse_two_projects(each.tree)
    refuse_nothing_read(project, (mainline, *(tree for each in patches for tree in (each.tree, each.fork))))
    unreleased = _unreleased(project, wish, mainline)
    policy = Policy(
        wish.zero_touch,
        unreleased,
        wish.strategy or said.strategy,
        "sqlite" in said.engines,
        said.data,
        accepted_edits(mainline, said.suppress),
        said.rehearsed_databases,
        said.rehearsal_seconds,
        said.rehearsal_most_seconds,
    )
    compared = tuple(_side(patch, mainline, policy) for patch in patches)
    matches = tuple(side.comparison.matches for side in compared)
    return Case(Situation(patches, mainline, matches, policy, wish.ledgers), compared)


def with_works(mainline: Tree, patches: Sequence[Patch]) -> tuple[Tree, tuple[Patch, ...]]:
    """The trees with their data operations followed."""
    trees = (mainline, *(patch.tree for patch in patches))
    first, *others = with_followed_works(trees, [patch.fork for patch in patches])
    pairs = zip(others[: len(patches)], others[len(patches) :], strict=True)
    followed = (
        replace(
            patch,
            tree=tree,
            fork=fork,
            migrations=tuple(tree.migrations[each.key] for each in patch.migrations),
        )
        for patch, (tree, fork) in zip(patches, pairs, strict=True)
    )
    return first, tuple(followed)


def has_read_data(case: Case) -> bool:
    """Whether files that are no Python were compared: those that data operations load."""
    atoms = (
        atom
        for side in case.sides
        for atom in (*side.comparison.patch_atoms, *side.comparison.mainline_atoms)
    )
    runs = (atom.work for atom in atoms if isinstance(atom, DataRun))
    return any(isinstance(work, WorkInTree) and work.tree.has_read_data for work in runs)


def fork_point_of(project: Project, ref: str, onto: str) -> tuple[str, str, bool]:
    """The commits of a patch branch's tip and of its fork point (of the two sides before the merge where git has merged it), and
    whether git has merged it. Raises EnvironmentProblem as `read_case` does."""
    repository = project.repository
    tip, mainline = repository.resolve(ref), project.history_of(onto)
    if tip == mainline:
        raise EnvironmentProblem(
            "SB530",
            f"{ref} and {onto} are the same commit",
            hint="Give the patch branch as the argument, and mainline with --onto.",
        )
    base = repository.merge_base(tip, mainline)
    merged = repository.first_merge_of(tip, mainline) if base == tip else None
    if merged is not None:
        base = repository.merge_base(tip, merged.before)
    return tip, base, merged is not None


def read_all(project: Project, wish: PlanRequest, fork_point_of: Sequence[tuple[str, str, bool]]) -> None:
    """Reads mainline's tree, and those of the patch branches and of their fork points."""
    refs = [(wish.onto, project.commit_of(wish.onto))]
    for ref, (tip, base, _) in zip(wish.patches, fork_point_of, strict=True):
        refs += ((ref, tip), (_fork_point(ref), base))
    project.read(refs)


def _fork_point(ref: str) -> str:
    """What the tree of the branch's fork point is called."""
    return f"fork point of {ref}"


def read_patch(project: Project, ref: str, tip: str, base: str, is_merged: bool) -> Patch:
    """One patch branch, with the tree of the fork point."""
    tree, fork = project.tree(ref, tip), project.tree(_fork_point(ref), base)
    own = tuple(tree.migrations[key] for key in _order(tree) if key not in fork.migrations)
    return Patch(tree, fork, own, is_merged)


def _order(tree: Tree) -> Sequence[MigrationKey]:
    from stitchback.graph import MigrationGraph

    return MigrationGraph.raw(tree).order()


def accepted_edits(mainline: Tree, suppressed: Sequence[Suppression]) -> frozenset[MigrationKey]:
    """Migrations that may have been edited after their release: the project suppresses that finding for their files, with a reason."""
    patterns = [entry.path for entry in suppressed if entry.code == EditedAfterRelease.code]
    return frozenset(
        key
        for key, migration in mainline.migrations.items()
        if any(fnmatch(migration.path, pattern) for pattern in patterns)
    )


def _side(patch: Patch, mainline: Tree, policy: Policy) -> Side:
    trees = (mainline, patch.tree)
    bases, names = field_bases_of(*trees), field_names_of(*trees)
    edited = edited_since(patch, mainline, bases, names).without(policy.accepted)
    split = sides(patch, mainline, edited)
    return Side(patch, split, compare(split, bases, names), policy.unreleased)


def _unreleased(project: Project, wish: PlanRequest, mainline: Tree) -> frozenset[MigrationKey]:
    since = wish.unreleased_since or project.configuration.unreleased_since
    if since is None:
        return frozenset()
    released = project.tree(since, project.repository.resolve(since))
    return frozenset(mainline.migrations) - frozenset(released.migrations)
