"""The use case `backport`: mainline migrations in; their files on the release branch and the plan that stitches mainline out, proved together. Written are
a commit on the release and the plan's files in mainline's working tree, or neither."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from stitchback.adapters.file_changes import refuse_dirty
from stitchback.api.planning import make_plan
from stitchback.api.project import WORKTREE, Project
from stitchback.api.reading_cases import PlanRequest, fork_point_of, read_all, read_case, read_patch
from stitchback.api.required_imports import Imports
from stitchback.api.writing_plans import Prepared, Rendered, Written, diffs_of, prepare, write
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.graph import MigrationGraph
from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case
from stitchback.model.edits import WriteFile
from stitchback.model.files import ChangedFiles
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Candidate, Patch, Proof, Refuted
from stitchback.model.source import Opaque
from stitchback.parsing.tree import read_tree
from stitchback.planning.outcomes import Planned
from stitchback.planning.prices import price_of
from stitchback.planning.reports import BackportReport, ReleaseFile
from stitchback.proof import prove
from stitchback.proof.ancestors import BranchAncestors
from stitchback.rewriting.rendering import render_files, unified_diff
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.file_names import leaf_key, path_for

Progress = Callable[[str], None]
Names = Mapping[MigrationKey, MigrationKey]


@dataclass(frozen=True, slots=True)
class BackportRequest:
    """What a person asks of `backport`. `migrations`: "app.0007_name", or a beginning of it that fits one migration. `release` is a ref."""

    migrations: tuple[str, ...]
    release: str
    onto: str = "HEAD"


def chosen_migrations(
    project: Project, wish: BackportRequest, mainline: Tree, release: Patch
) -> tuple[Migration, ...]:
    """The migrations to backport, in an order that mainline's graph allows. Raises EnvironmentProblem (SB536), Refusal (SB537)."""
    keys = {_named(name, wish, mainline) for name in wish.migrations}
    chosen = tuple(mainline.migrations[key] for key in MigrationGraph.raw(mainline).order() if key in keys)
    _refuse_what_is_there(project, wish, release, chosen)
    for migration in chosen:
        _refuse_what_cannot_be_copied(migration)
    return chosen


def _named(name: str, wish: BackportRequest, mainline: Tree) -> MigrationKey:
    keys = [key for key in sorted(mainline.migrations) if str(key) == name]
    keys = keys or [key for key in sorted(mainline.migrations) if str(key).startswith(name)]
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise EnvironmentProblem(
            "SB536",
            f"{name!r} fits several migrations",
            hint="Give the whole name:",
            evidence=tuple(map(str, keys)),
        )
    raise EnvironmentProblem(
        "SB536",
        f"{wish.onto} has no migration {name!r}",
        hint="Name it as APP.NAME, such as shop.0007_item_color. `stitchback graph` lists the migrations.",
    )


def _refuse_what_is_there(
    project: Project, wish: BackportRequest, release: Patch, chosen: Sequence[Migration]
) -> None:
    """A name alone proves nothing: the release may use it for another change."""
    case = read_case(project, PlanRequest((wish.release,), wish.onto))
    has = {migration.key: _names_on_release(case, release, migration) for migration in chosen}
    there = sorted(key for key in has if has[key])
    if not there:
        return
    names = [
        str(key) if has[key] == (key,) else f"{key} (as {', '.join(map(str, has[key]))})" for key in there
    ]
    raise EnvironmentProblem(
        "SB536",
        f"{wish.release} has {', '.join(names)} already",
        hint=f"Leave it out, or compare the two branches: `stitchback status {shlex.quote(wish.release)}`.",
    )


def _names_on_release(case: Case, release: Patch, migration: Migration) -> tuple[MigrationKey, ...]:
    """The release's migrations that do all of what mainline's does: the same file, or the same changes under any name, or what a stitched
    migration of mainline, which took its operations, replaces. Empty where there are none."""
    key = migration.key
    same = release.tree.migrations.get(key)
    if key in release.fork.migrations or (same is not None and same.operations == migration.operations):
        return (key,)
    (side,) = case.sides
    atoms = {atom for atom in side.comparison.mainline_atoms if atom.origin.migration == key}
    matched = {
        atom: match.patch[0].origin.migration
        for match in side.comparison.matches
        if match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA)
        for atom in match.given
    }
    if atoms and atoms <= matched.keys():
        return tuple(sorted({matched[atom] for atom in atoms}))
    if migration.operations:
        return ()
    replacers = (case.situation.mainline.migrations.get(each) for each in migration.parents)
    return tuple(ghost for each in replacers if each for ghost in each.ghosts if ghost in side.sides.known)


def _refuse_what_cannot_be_copied(migration: Migration) -> None:
    unread = [item for item in migration.dependencies if isinstance(item, Opaque)]
    if migration.replaces or unread:
        why = "it replaces other migrations" if migration.replaces else "its dependencies cannot be read"
        raise Refusal(
            "SB537",
            f"{migration.key} cannot be backported: {why}",
            hint="Backport the migrations that it replaces, or write the release's migration by hand and run `stitchback plan`.",
        )


def backport(project: Project, wish: BackportRequest, progress: Progress = lambda _: None) -> BackportReport:
    """The best backport: under the same name where that is proved without a manual step, else under the release's next number, if that is better.

    Raises EnvironmentProblem (SB536) for a migration that mainline lacks or the release has, Refusal (SB537) for one that cannot be copied.
    """
    parting = fork_point_of(project, wish.release, wish.onto)
    read_all(project, wish.onto, (parting,))
    patch, mainline = read_patch(project, wish.onto, parting), project.tree(wish.onto)
    chosen = chosen_migrations(project, wish, mainline, patch)
    best: BackportReport | None = None
    for under_the_same_name in (True, False):
        report = _under(project, wish, patch, chosen, progress, same=under_the_same_name)
        if report is not None and (best is None or _rank(report) < _rank(best)):
            best = report
        if best is not None and _needs_nobody(best):
            break
    assert best is not None, "the release's next number is free"
    return best


def _rank(report: BackportReport) -> tuple[bool, bool, tuple[int, ...]]:
    """Lower is better: proved, then as plans are ranked."""
    if report.stitched is None or not isinstance(report.stitched.outcome, Planned):
        return (True, isinstance(report.proof, Refuted), ())
    cost = price_of(report.stitched.outcome.chosen)
    return (False, False, (cost.left_out, cost.damages, cost.finishing, cost.conditional, cost.manual_steps))


def _needs_nobody(report: BackportReport) -> bool:
    return report.is_proved and not any(_rank(report)[2])


def _under(
    project: Project,
    wish: BackportRequest,
    patch: Patch,
    chosen: Sequence[Migration],
    progress: Progress,
    *,
    same: bool,
) -> BackportReport | None:
    """The backport under mainline's names, or under the release's next numbers; None where a name is taken."""
    name = project.name_of(wish.onto)
    drafts = _drafts(patch.tree, chosen, name, same=same)
    if drafts is None:
        return None
    edits = tuple(drafts[migration.key].edit for migration in chosen)
    contents = {each.path: each.content or b"" for each in render_files(edits, project.read_blob)}
    files = tuple(
        ReleaseFile(
            migration.key,
            edit.key,
            edit.path,
            contents[edit.path],
            edit.result.dependencies,
            not edit.changes and edit.key == migration.key,
        )
        for migration, edit in zip(chosen, edits, strict=True)
    )
    progress("proving")
    after = _release_after(project, patch, files)
    proof = _proof_of_release(project, wish, patch.tree, after, edits)
    if isinstance(proof, Refuted):
        return BackportReport(wish.release, name, files, proof, _needed(project, wish, chosen))
    request = PlanRequest((wish.release,), wish.onto, sides=(after,))
    stitched, models = make_plan(project, request, progress), _models(project, wish, chosen)
    return BackportReport(wish.release, name, files, proof, (), stitched, models)


def _models(project: Project, wish: BackportRequest, chosen: Iterable[Migration]) -> tuple[str, ...]:
    """Where mainline has the models of these migrations' apps: `models.py`, or the folder `models`."""
    apps, files = project.tree(wish.onto).apps, project.files(project.commit_of(wish.onto))
    labels = sorted({migration.key.app for migration in chosen} & apps.keys())
    folders = [posixpath.dirname(apps[label].migrations) for label in labels]
    modules = [posixpath.join(folder, "models") for folder in folders]
    return tuple(
        f"{module}.py" if f"{module}.py" in files else module
        for module in modules
        if f"{module}.py" in files or f"{module}/__init__.py" in files
    )


def _drafts(
    release: Tree, chosen: Sequence[Migration], mainline: str, *, same: bool
) -> dict[MigrationKey, FileDraft] | None:
    draft, names = Draft(release), dict[MigrationKey, MigrationKey]()
    found: dict[MigrationKey, FileDraft] = {}
    for migration in chosen:
        words = migration.key.name.lstrip("0123456789").lstrip("_") or "backport"
        key = migration.key if same else leaf_key(draft, migration.key.app, words)
        if same and draft.is_taken(key):
            return None
        names[migration.key] = key
        file = replace(
            FileDraft.of(migration),
            key=key,
            path=path_for(draft, key, migration.path),
            dependencies=tuple(_dependencies(draft.result, migration, names)),
        )
        if file.dependencies != migration.dependencies or key != migration.key:
            file = file.with_comment(f"Backported from {mainline}: {migration.key}.")
        found[migration.key] = file
        draft = draft.with_file(file)
    return found


def _dependencies(release: Tree, migration: Migration, names: Names) -> Iterator[Dependency]:
    """The app's leaf node on the release, and the migration's other dependencies as far as the release has them."""
    graph = MigrationGraph.of(release)
    leaves = [leaf for leaf in graph.leaves(migration.key.app) if leaf.app == migration.key.app]
    below = {key for leaf in leaves for key in graph.ancestors(leaf)}
    yield from leaves
    for dependency in migration.dependencies:
        if not isinstance(dependency, MigrationKey):
            yield dependency
            continue
        there = names.get(dependency, dependency)
        if there not in below and (there in release.migrations or _is_of_a_package(there, release)):
            yield there


def _is_of_a_package(key: MigrationKey, release: Tree) -> bool:
    return key.app not in release.apps and not any(each.app == key.app for each in release.migrations)


def _release_after(project: Project, patch: Patch, files: Sequence[ReleaseFile]) -> Patch:
    """The patch branch with the files, read as they will be."""
    entries = {file.path: Rendered(file.content) for file in files}
    project.remember(entries.values())
    changed = ChangedFiles(project.repository.files(patch.tree.commit), entries)
    tree = read_tree(patch.tree.ref, patch.tree.commit, changed, project.reading)
    added = tuple(tree.migrations[file.key] for file in files)
    return replace(
        patch,
        tree=tree,
        migrations=(*patch.migrations, *added),
        uncommitted=frozenset(file.key for file in files),
    )


def _proof_of_release(
    project: Project, wish: BackportRequest, release: Tree, after: Patch, edits: tuple[WriteFile, ...]
) -> Proof | Refuted:
    """The release's own databases, at each of its migrations, and a fresh install of it: the files on top of the release, as a branch of it."""
    candidate = Candidate({}, edits, after.tree)
    mainline = {project.name_of(wish.onto): project.files(project.commit_of(wish.onto))}
    read = partial(read_tree, release.ref, release.commit, config=project.reading)
    imports = Imports(project.files(release.commit), mainline, project.read_blob, read, release.ref)
    failures = imports.failures(candidate)
    if failures:
        return Refuted(candidate, failures)
    policy = read_case(project, PlanRequest((wish.release,), wish.onto)).situation.policy
    added = tuple(after.tree.migrations[edit.key] for edit in edits)
    own = case_of(
        (Patch(after.tree, release, added),), release, replace(policy, unreleased=frozenset(), strategy=None)
    )
    outcome = prove(candidate, own.situation)
    return outcome if isinstance(outcome, Refuted) else outcome.proof


def _needed(project: Project, wish: BackportRequest, chosen: Sequence[Migration]) -> tuple[MigrationKey, ...]:
    """Mainline's migrations before the chosen ones that the release lacks, and whose order with these makes a difference."""
    situation = read_case(project, PlanRequest((wish.release,), wish.onto)).situation
    (patch,), mainline = situation.patches, situation.mainline
    branches, graph = BranchAncestors(situation), MigrationGraph.raw(mainline)
    own = {migration.key for migration in chosen}
    needed: dict[MigrationKey, None] = {}
    waiting = list(chosen)
    for migration in waiting:
        for key in graph.ancestors(migration.key):
            if key in patch.tree.migrations or key in own or key in needed:
                continue
            if not branches.independent([mainline.migrations[key]], [migration]):
                needed[key] = None
                waiting.append(mainline.migrations[key])
    return tuple(key for key in graph.order() if key in needed)


def diffs_of_backport(project: Project, report: BackportReport) -> tuple[str, ...]:
    """A unified diff of each file, the release's first."""
    there = tuple(unified_diff(file.path, None, file.content) for file in report.files)
    return (*there, *(diffs_of(project, report.stitched) if report.stitched is not None else ()))


@dataclass(frozen=True, slots=True)
class PreparedBackport:
    """What is about to be written. `branch` gets a commit on top of `base`, the release as it was read. `stitched`: None where mainline stays
    as it is."""

    branch: str
    base: str
    contents: Mapping[str, bytes]
    message: str
    stitched: Prepared | None


@dataclass(frozen=True, slots=True)
class BackportWritten:
    """`commit`: the new one on the release's `branch`. `stitched`: what was written into the working tree."""

    branch: str
    commit: str
    stitched: Written | None


def prepare_backport(
    project: Project, wish: BackportRequest, report: BackportReport, branch: str | None
) -> PreparedBackport:
    """Raises EnvironmentProblem: no branch to commit to (SB538), mainline is not checked out (SB511), a file is dirty (SB512)."""
    assert report.stitched is not None, "only what is proved is written"
    situation, stitched = report.stitched.status.case.situation, None
    target = _branch_for(project, wish, branch)
    if report.stitched.would_change:
        if situation.mainline.commit != WORKTREE:
            raise EnvironmentProblem(
                "SB511",
                f"{wish.onto} is not checked out, and its files are written into the working tree",
                hint="Check it out, and run the command again:",
                example=(f"git switch {shlex.quote(wish.onto)}",),
            )
        stitched = prepare(project, report.stitched, PlanRequest((wish.release,), wish.onto), None)
        refuse_dirty(project.repository, (content.path for content in stitched.contents))
    names = ", ".join(str(file.original) for file in report.files)
    (release,) = situation.patches
    return PreparedBackport(
        target,
        release.tree.commit,
        {file.path: file.content for file in report.files},
        f"Backport {names}\n",
        stitched,
    )


def _branch_for(project: Project, wish: BackportRequest, branch: str | None) -> str:
    """The branch that gets the commit: the one that was named, else the release itself. Raises EnvironmentProblem (SB538) where that is no local
    branch."""
    if branch is not None:
        return branch
    name = project.lasting_name(wish.release)
    if project.repository.has_branch(name):
        return name
    command = ["stitchback", "backport", *wish.migrations, "--to", wish.release]
    raise EnvironmentProblem(
        "SB538",
        f"{wish.release} is not a local branch",
        hint="Name the branch that gets the commit:",
        example=(f"{shlex.join(command)} --branch NAME",),
    )


def write_backport(project: Project, prepared: PreparedBackport) -> BackportWritten:
    """Commits, then writes the working tree; if that fails, the branch is put back. Raises EnvironmentProblem: the branch moved or is checked
    out (SB508), and what `write` raises."""
    repository, branch = project.repository, prepared.branch
    before = prepared.base if repository.has_branch(branch) else None
    commit = repository.commit_to_branch(branch, prepared.contents, prepared.message, prepared.base)
    with ExitStack() as undo:
        undo.callback(repository.put_back, branch, commit, before)
        stitched = None if prepared.stitched is None else write(project, prepared.stitched)
        undo.pop_all()
    return BackportWritten(branch, commit, stitched)
