"""Refs in, a case out: both sides since the fork point, compared; and its findings, the use case `status`.

The branch's databases have rows of such an app, and its tables, and git knows nothing of how far they went. A person does: the
configuration says at which of mainline's migrations of the app those databases may stand. These are put into the branch's trees,
the first ones into the fork point's, so that every database that the proof makes has them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from typing import NamedTuple

from stitchback.adapters.git import Repository
from stitchback.api.project import WORKTREE, Project, refuse_nothing_read, refuse_two_projects
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.hazards import find_all
from stitchback.hazards.edited_after_release import EditedAfterRelease
from stitchback.hazards.ignores import suppressions
from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case
from stitchback.matching.followed_data_operations import with_followed_works
from stitchback.matching.user_model_spelling import as_mainline_spells
from stitchback.model.configuration import Suppression
from stitchback.model.findings import Finding
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Package, Patch, Policy
from stitchback.planning.reports import Status, coverage

Said = Mapping[str, tuple[str, str]]


def with_packages(patch: Patch, mainline: Tree, said: Said) -> Patch:
    """The patch branch with what the configuration says of its packages. Raises EnvironmentProblem (SB509) for a migration that mainline lacks,
    or that the branch's databases cannot have."""
    packages = tuple(_answered(package, mainline, said) for package in packages_of(patch, mainline))
    known = [package.said for package in packages if package.said is not None]
    if not known:
        return replace(patch, packages=packages)
    fork = _with(patch.fork, mainline, (first for first, _ in known))
    tree = _with(patch.tree, mainline, (last for _, last in known))
    own = tuple(
        tree.migrations[key] for key in MigrationGraph.raw(tree).order() if key not in fork.migrations
    )
    return replace(patch, tree=tree, fork=fork, migrations=own, packages=packages)


def packages_of(patch: Patch, mainline: Tree) -> Iterator[Package]:
    """Apps that mainline's tree has and the branch's has not, though something on the branch depends on them."""
    here = {key.app for key in patch.tree.migrations} | set(patch.tree.apps)
    only_there = {key.app for key in mainline.migrations} - here
    found: dict[str, Package] = {}
    for key, migration in sorted(patch.tree.migrations.items()) if only_there else ():
        for parent in migration.parents:
            if parent.app in only_there and parent.app not in found:
                found[parent.app] = Package(parent.app, key, parent)
    yield from (found[label] for label in sorted(found))


def _answered(package: Package, mainline: Tree, said: Said) -> Package:
    if package.label not in said:
        return package
    first, last = (MigrationKey(package.label, name) for name in said[package.label])
    for key in (first, last):
        if key not in mainline.migrations:
            raise _wrong(package.label, f"{mainline.ref} has no migration {key}")
    if first not in MigrationGraph.raw(mainline).ancestors(last):
        raise _wrong(package.label, f"{last} does not come after {first}")
    return replace(package, said=(first, last))


def _with(tree: Tree, mainline: Tree, keys: Iterable[MigrationKey]) -> Tree:
    """The tree with these migrations of mainline's, and those of their apps that they depend on."""
    graph = MigrationGraph.raw(mainline)
    brought: dict[MigrationKey, Migration | None] = {}
    for key in keys:
        for each in graph.ancestors(key):
            if each.app == key.app:
                brought[each] = mainline.migrations[each]
    files = {*tree.migrations, *brought, *tree.replacers}
    apps = {key.app for key in files} | set(tree.apps)
    for child, migration in sorted(brought.items()):
        for parent in migration.parents if migration is not None else ():
            if parent.app in apps and parent not in files and not parent.name.startswith("__"):
                raise _wrong(child.app, f"{child} depends on {parent}, which {tree.ref} lacks")
    return tree.with_migrations(brought)


def _wrong(label: str, why: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB509",
        f"pyproject.toml: tool.stitchback.packages.{label}: {why}",
        hint="Give the last of its migrations that is applied on those databases, or an array of the first and the last that can be.",
    )


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a person asks of `status`, `plan` and `apply`. `unreleased_since` is a ref; `unreleased` are mainline migrations that no database
    has. `sides`: the patch branches as they were read, where their refs do not show how they and mainline parted; then `mainline` is how
    reports call mainline, "" for its own name."""

    patches: tuple[str, ...]
    onto: str = "HEAD"
    strategy: str | None = None
    zero_touch: bool = False
    unreleased_since: str | None = None
    ledgers: tuple[Ledger, ...] = ()
    unreleased: frozenset[MigrationKey] = frozenset()
    sides: tuple[Patch, ...] = ()
    mainline: str = ""


def status(project: Project, request: PlanRequest) -> Status:
    """Raises EnvironmentProblem as `read_case` does."""
    case = read_case(project, request)
    findings = find_all(case, suppressed(project, case))
    ordered = in_order(project, findings)
    is_here = case.situation.mainline.commit == WORKTREE
    return Status(case, ordered, coverage(case), project.repository.unfinished() if is_here else None)


def suppressed(project: Project, case: Case) -> tuple[Suppression, ...]:
    """By the configuration, and by comments in mainline's files: a patch branch may be anyone's."""
    return suppressions(project.configuration.suppress, case.situation.mainline)


def in_order(project: Project, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """These and git's, each once, in the order of reports."""
    return tuple(sorted({*project.repository.findings, *findings}, key=lambda finding: finding.sort_key))


def read_case(project: Project, request: PlanRequest) -> Case:
    """Reads both branches and where they parted, and compares them.

    Without a patch branch it is what git is merging, replaying or picking. Raises EnvironmentProblem: no such ref, no ref at all, a shallow
    clone, a patch branch that is mainline itself, a configuration that does not fit the trees.
    """
    said = project.configuration
    mainline, followed = with_works(project.tree(request.onto), request.sides or _sides(project, request))
    if request.mainline:
        mainline = mainline.called(request.mainline)
    patches = tuple(
        as_mainline_spells(with_packages(patch, mainline, said.packages), mainline) for patch in followed
    )
    for each in patches:
        refuse_two_projects(each.tree)
    refuse_nothing_read(project, (mainline, *(tree for each in patches for tree in (each.tree, each.fork))))
    return case_of(patches, mainline, policy_of(project, request, mainline), request.ledgers)


def policy_of(project: Project, request: PlanRequest, mainline: Tree) -> Policy:
    """What a proof has to respect: the options, and the configuration."""
    said = project.configuration
    unreleased = _unreleased(project, request, mainline)
    return Policy(
        request.zero_touch,
        unreleased,
        request.strategy or said.strategy,
        "sqlite" in said.engines,
        said.data,
        accepted_edits(mainline, suppressions(said.suppress, mainline)),
        said.rehearsed_databases,
        said.rehearsal_seconds,
        said.rehearsal_most_seconds,
    )


def _sides(project: Project, request: PlanRequest) -> tuple[Patch, ...]:
    """The patch branches that the request names, or that git is merging."""
    names = tuple(map(project.lasting_name, request.patches)) or being_merged(project)
    partings = tuple(fork_point_of(project, ref, request.onto) for ref in names)
    read_all(project, request.onto, partings)
    return tuple(read_patch(project, request.onto, parting) for parting in partings)


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


def being_merged(project: Project) -> tuple[str, ...]:
    """Names for the commits that git is merging, replaying or picking into the working tree. Raises EnvironmentProblem (SB533) where it
    does none of that."""
    unfinished = project.repository.unfinished()
    if unfinished is None:
        raise EnvironmentProblem(
            "SB533",
            "no patch branch is named, and no merge, rebase or cherry-pick is going on",
            hint=f"Name the branch: `stitchback plan {_a_branch(project)}`. `stitchback status` lists the branches that look like releases.",
        )
    return tuple(map(project.name_of_commit, unfinished.heads))


def _a_branch(project: Project) -> str:
    """One that looks like a release, or else a placeholder."""
    from stitchback.api.release_branches import USUAL_NAMES, release_refs  # which plans, and so reads cases

    patterns = project.configuration.patch_branches or USUAL_NAMES
    return next((shlex.quote(ref.name) for ref in release_refs(project, "HEAD", patterns)), "BRANCH")


class Parting(NamedTuple):
    """How a patch branch and mainline parted: the commits of the branch's tip, of the fork point and, where git has merged the branch or
    is about to, of mainline right before (then the fork point is that of the two sides before the merge)."""

    ref: str
    tip: str
    base: str
    before: str | None = None


def fork_point_of(project: Project, ref: str, onto: str) -> Parting:
    """Raises EnvironmentProblem as `read_case` does."""
    repository = project.repository
    tip, mainline = repository.resolve(ref), project.history_of(onto)
    if tip == mainline:
        raise EnvironmentProblem(
            "SB530",
            f"{ref} and {onto} are the same commit",
            hint="Give the patch branch as the argument, and mainline with --onto. `stitchback status` lists the branches that look like releases.",
        )
    before = _being_merged(repository, tip) if repository.is_checked_out(onto) else None
    base = repository.merge_base(tip, before or mainline)
    if before is None and base == tip:
        merged = repository.first_merge_of(tip, mainline)
        before = merged.before if merged is not None else None
        base = repository.merge_base(tip, before) if before is not None else base
    return Parting(ref, tip, base, before)


def _being_merged(repository: Repository, tip: str) -> str | None:
    """Mainline's commit before the merge, rebase or cherry-pick that is bringing files of the branch into the working tree; None where
    there is none."""
    unfinished = repository.unfinished()
    if unfinished is None or repository.is_ancestor(tip, unfinished.onto):
        return None
    near = any(
        repository.is_ancestor(tip, head) or repository.is_ancestor(head, tip) for head in unfinished.heads
    )
    return unfinished.onto if near else None


def read_all(project: Project, onto: str, partings: Sequence[Parting]) -> None:
    """Reads mainline's tree, and those of the patch branches, of their fork points, and of mainline before git merged them."""
    refs = [(onto, project.commit_of(onto))]
    for parting in partings:
        refs += ((parting.ref, parting.tip), (_fork_point(parting.ref), parting.base))
        if parting.before is not None:
            refs.append((_before_merge(onto), parting.before))
    project.read(refs)


def _fork_point(ref: str) -> str:
    """What the tree of the branch's fork point is called."""
    return f"fork point of {ref}"


def _before_merge(ref: str) -> str:
    """What mainline's tree right before git merged the branch is called."""
    return f"{ref} before the merge"


def read_patch(project: Project, onto: str, parting: Parting) -> Patch:
    """One patch branch, with the tree of the fork point."""
    ref, tip, base, before = parting
    tree, fork = project.tree(ref, tip).called(project.name_of(ref)), project.tree(_fork_point(ref), base)
    own = tuple(tree.migrations[key] for key in _order(tree) if key not in fork.migrations)
    if before is None:
        return Patch(tree, fork, own)
    had = frozenset(project.tree(_before_merge(onto), before).migrations)
    return Patch(tree, fork, own, merged=True, mainline_had=had)


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


def _unreleased(project: Project, request: PlanRequest, mainline: Tree) -> frozenset[MigrationKey]:
    since = request.unreleased_since or project.configuration.unreleased_since
    if since is None:
        return request.unreleased
    released = project.tree(since, project.repository.resolve(since))
    return request.unreleased | frozenset(mainline.migrations) - frozenset(released.migrations)
