"""The models of a commit as new migrations: the project's own `makemigrations`, in a folder with the commit's files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.project_environment import harmless_environment, named_environment
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.api.project import Project
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import Rendered
from stitchback.errors import Refusal
from stitchback.graph import MigrationGraph
from stitchback.model.files import ChangedFiles
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.parsing.tree import read_tree

GENERATED = " (makemigrations)"  # behind the name: the old file may have the same
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class HowToRun:
    """The project's settings, and variables that its code gets besides."""

    settings: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def how_to_run(project: Project, settings: str | None, environment: Sequence[str]) -> HowToRun:
    """With the variables of `--env` and of the configuration. Raises EnvironmentProblem (SB527)."""
    return HowToRun(settings, named_environment(environment, project.configuration.environment))


@dataclass(frozen=True, slots=True)
class Regenerated:
    """`migrations`: app -> its new migrations in their order; `blobs`: their content."""

    migrations: Mapping[str, tuple[Migration, ...]]
    blobs: Mapping[str, bytes]


def regenerate(
    project: Project, released: Tree, commit: str, apps: Sequence[str], how: HowToRun
) -> Regenerated:
    """Runs the project's code. Raises Refusal: models that the migrations do not have (SB702), a `makemigrations` that fails (SB703)."""
    repository = project.repository.work_tree or project.repository.git_dir
    environment = {**harmless_environment(), **how.environment}
    with (
        scratch_databases("sqlite:///") as scratch,
        Worktrees(
            repository, how.settings, folder=project.configuration.folder, environment=environment
        ) as trees,
    ):
        url = scratch.create()
        session = trees.at(commit)
        refuse_changed_models(session, url, apps, released.ref)
        folders = {
            label: place
            for label, place in session.graph(url).folders.items()
            if label in labels_of(released)
        }
        top = root_of(folders, released)
        for migration in released.migrations.values():
            (top / migration.path).unlink(missing_ok=True)
        session.forget()
        run(session, url, released.ref, *sorted(folders), interactive=False, verbosity=0)
        files = {
            path.relative_to(top).as_posix(): path.read_bytes()
            for label in apps
            for path in sorted(folders[label].glob("*.py"))
            if re.match(r"\d", path.name)
        }
    return read_generated(project, released, files, apps)


def labels_of(tree: Tree) -> frozenset[str]:
    return frozenset(key.app for key in tree.migrations)


def root_of(folders: Mapping[str, Path], tree: Tree) -> Path:
    """The folder that the tree's paths are relative to."""
    for migration in tree.migrations.values():
        folder = folders.get(migration.key.app)
        if folder is not None:
            return Path(str(folder / Path(migration.path).name).removesuffix(migration.path))
    raise AssertionError("an app of the tree is installed")


def refuse_changed_models(session: ProjectSession, url: str, apps: Sequence[str], ref: str) -> None:
    try:
        said = session.manage(url, "makemigrations", *apps, dry_run=True, interactive=False, verbosity=1)
    except Raised as raised:
        raise failed(ref, raised) from raised
    if "No changes detected" not in said:
        raise Refusal(
            "SB702",
            f"the models at {ref} have changes that no migration has, so a squash would not be what the migrations create",
            hint="Make that migration, commit it, and stitch at that commit; or choose a ref with --at REF whose `makemigrations --check` finds nothing.",
            evidence=tuple(line for line in said.splitlines() if line.strip())[:MOST_LINES],
        )


def run(session: ProjectSession, url: str, ref: str, *labels: str, **options: object) -> None:
    try:
        session.manage(url, "makemigrations", *labels, **options)
    except Raised as raised:
        raise failed(ref, raised) from raised


def failed(ref: str, raised: Raised) -> Refusal:
    return Refusal(
        "SB703",
        f"the project's `makemigrations` failed at {ref}",
        hint="Correct what it reports; --settings MODULE and --env NAME choose how the project is run.",
        evidence=tuple(str(raised).splitlines()[:MOST_LINES]),
    )


def read_generated(
    project: Project, released: Tree, files: Mapping[str, bytes], apps: Sequence[str]
) -> Regenerated:
    changed: dict[str, Rendered | None] = {
        each.path: None for each in released.migrations.values() if each.key.app in apps
    }
    changed |= {path: Rendered(content) for path, content in files.items()}
    tree = read_tree(
        "makemigrations",
        "makemigrations",
        ChangedFiles(project.repository.files(released.commit), changed),
        project.reading,
    )
    order = [key for key in MigrationGraph.raw(tree).order() if tree.migrations[key].path in files]
    found: dict[str, tuple[Migration, ...]] = {}
    for key in order:
        named = tree.migrations[key].with_changes(key=MigrationKey(key.app, f"{key.name}{GENERATED}"))
        found[key.app] = (*found.get(key.app, ()), named)
    blobs = {tree.migrations[key].blob: files[tree.migrations[key].path] for key in order}
    return Regenerated(found, blobs)
