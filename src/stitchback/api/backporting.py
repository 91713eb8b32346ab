"""The use case `backport`: mainline migrations in; their files on the release branch and the plan that stitches mainline out, proved together."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from stitchback.api.backport_choice import BackportRequest, chosen_migrations
from stitchback.api.planning import make_plan
from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, fork_point_of, read_all, read_case, read_patch
from stitchback.api.required_imports import Imports
from stitchback.api.writing_plans import Rendered, diffs_of
from stitchback.graph import MigrationGraph
from stitchback.matching.build_case import case_of
from stitchback.model.edits import WriteFile
from stitchback.model.files import ChangedFiles
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Candidate, Patch, Proof, Refuted
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
