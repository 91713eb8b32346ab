"""A project as git has it: refs in, trees out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stitchback.adapters.config import working_configuration
from stitchback.adapters.file_changes import recover, refuse_interrupted
from stitchback.adapters.git import DiskFiles, ObjectFiles, Repository
from stitchback.adapters.reading_cache import DiskReadings
from stitchback.api.running_project import RunningProject
from stitchback.errors import EnvironmentProblem
from stitchback.model.command_cache import CommandCache
from stitchback.model.configuration import ENGINES, Configuration
from stitchback.model.files import FileEntry, Files
from stitchback.model.migrations import Tree, configuration_of
from stitchback.parsing.links import followed, real_path
from stitchback.parsing.reading_context import ReadingConfig
from stitchback.parsing.shared_readings import SharedReadings
from stitchback.parsing.tree import TreeRequest, read_trees

WORKTREE = "WORKTREE"
ABBREVIATED = 12  # digits of a commit in written text
EXPRESSION = re.compile(
    r"[~^:]|@\{|^@$|_HEAD$|^HEAD$"
)  # gitrevisions(7): what git does not allow in a branch's name, and pseudo-refs

_HINT = (
    "Run the command in the Django project's folder, or give that with -C. If an app's migrations are in a folder that is not called migrations, "
    "configure it in pyproject.toml:"
)


@dataclass(slots=True)
class Project:
    """One repository with the configuration of what is checked out (of `onto` in a bare one). Trees are read once a ref.

    Use it as a context manager: it holds a git process, and what is worked out once a command.
    """

    repository: Repository
    configuration: Configuration
    _readings: DiskReadings
    _trees: dict[str, Tree] = field(default_factory=dict)
    _files: dict[str, ObjectFiles | DiskFiles] = field(default_factory=dict)
    _blobs: dict[str, FileEntry] = field(default_factory=dict)
    _shared: SharedReadings = field(default_factory=SharedReadings)
    _cache: CommandCache = field(default_factory=CommandCache)

    @classmethod
    def open(cls, directory: Path | str | RunningProject = ".", *, writes: bool = False) -> Project:
        """`writes`: whether the command may write into the working tree; then a write that was interrupted is finished first.

        Raises EnvironmentProblem: not a repository, a configuration that cannot be read, an interrupted write.
        """
        if isinstance(directory, RunningProject):
            project = cls.open(directory.directory, writes=writes)
            project._ask_running(directory)
            return project
        repository = Repository.open(directory)
        if writes:
            recover(repository)
        else:
            refuse_interrupted(repository)
        configuration = working_configuration(repository, directory)
        return cls(repository, configuration, DiskReadings(repository.common_dir))

    def __enter__(self) -> Project:
        self._cache.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._cache.__exit__()
        self.close()

    def close(self) -> None:
        """Ends the git process. What was read is kept on disk for the next time."""
        self.repository.close()
        self._readings.save()

    def _ask_running(self, running: RunningProject) -> None:
        """Completes the configuration by what the running project answers otherwise than the files that are checked out. Where both agree, each
        ref is read from its own files."""
        self.configuration = running.configured(self.configuration)
        top = self.repository.work_tree
        commit = self.commit_of("HEAD")
        if top is None or commit != WORKTREE:
            return
        self.read([("HEAD", commit)])
        otherwise = running.read_otherwise(self._trees[commit], top)
        if otherwise.keys() <= self.configuration.apps.keys():
            return
        self.configuration = replace(self.configuration, apps={**otherwise, **self.configuration.apps})
        self._trees.clear()
        self._shared = SharedReadings()

    def answer_apps_elsewhere(self, labels: Iterable[str]) -> None:
        """Apps whose tables are in another database, besides those of the configuration."""
        if named := frozenset(labels):
            known = self.configuration.apps_in_other_databases or frozenset()
            self.configuration = replace(self.configuration, apps_in_other_databases=known | named)

    def commit_of(self, ref: str) -> str:
        """The commit that a ref means; WORKTREE where the ref is what is checked out."""
        return WORKTREE if self.repository.is_checked_out(ref) else self.repository.resolve(ref)

    def name_of(self, ref: str) -> str:
        """How reports call the ref: HEAD by its branch."""
        return (self.repository.head_branch() or ref) if ref == "HEAD" else ref

    def lasting_name(self, ref: str) -> str:
        """A name for the commit that may be written into files: an expression (`HEAD^2`, `MERGE_HEAD`, `@{-1}`) means another commit
        tomorrow, so the branch that stands at the commit is named, else the abbreviated commit. Raises EnvironmentProblem (SB504)."""
        if EXPRESSION.search(ref) is None:
            return ref
        return self.name_of_commit(self.repository.resolve(ref))

    def name_of_commit(self, commit: str) -> str:
        """The branch that stands at the commit, a local one before a remote one, else the abbreviated commit."""
        names = [each.name for each in self.repository.branches() if each.commit == commit]
        return names[0] if names else commit[:ABBREVIATED]

    def history_of(self, ref: str) -> str:
        """The commit that a ref means, for questions about history."""
        return self.repository.resolve("HEAD" if ref == WORKTREE else ref)

    def files(self, commit: str) -> Files:
        """The files of a commit as they were when they were first asked for."""
        return self._files_of(commit)

    def _files_of(self, commit: str) -> ObjectFiles | DiskFiles:
        if commit not in self._files:
            self._files[commit] = self.repository.files(commit)
        return self._files[commit]

    def read(self, refs: Iterable[tuple[str, str]]) -> None:
        """Reads the trees of refs, each with its commit, that are going to be compared: together it is done faster than one by one."""
        named: dict[str, str] = {}
        for ref, commit in refs:
            if commit not in self._trees:
                named.setdefault(commit, ref)
        wanted = [
            TreeRequest(self.name_of(ref), commit, self._files_of(commit)) for commit, ref in named.items()
        ]
        for each, tree in zip(
            wanted, read_trees(wanted, self.reading, self._readings, self._shared), strict=True
        ):
            files = each.files
            if isinstance(files, DiskFiles) and files.on_disk:
                paths = followed(files)
                own = (m for m in tree.migrations.values() if real_path(m.path, paths) in files.on_disk)
                self._blobs |= {m.blob: paths[m.path] for m in own}
            self._trees[each.commit] = tree

    def tree(self, ref: str, commit: str | None = None) -> Tree:
        """All migrations of a ref, read once. Raises EnvironmentProblem (SB551) for a ref that is named without its commit, where two
        Django projects of the tree have an app of one label."""
        known = commit or self.commit_of(ref)
        if known not in self._trees:
            self.read([(ref, known)])
        tree = self._trees[known]
        if commit is None:
            refuse_two_projects(tree)
        return tree

    @property
    def reading(self) -> ReadingConfig:
        """The configuration as far as reading goes."""
        said = self.configuration
        labels = {label: folder for folder, label in said.apps.items()}
        modules, equivalents = dict(said.migration_modules), dict(said.operation_equivalents)
        engines = () if set(said.engines) == set(ENGINES) else said.engines
        return ReadingConfig(labels, modules, equivalents, said.exclude, said.settings, engines, said.folder)

    def remember(self, entries: Iterable[FileEntry]) -> None:
        """Files that are going to be written, so that `read_blob` finds them."""
        self._blobs |= {entry.blob: entry for entry in entries}

    def read_blob(self, blob: str) -> bytes:
        """The bytes of a migration that was read, also of one that only the working tree has."""
        return self._blobs[blob].read() if blob in self._blobs else self.repository.read_blob(blob)


def refuse_two_projects(tree: Tree) -> None:
    """Raises EnvironmentProblem (SB551) where two Django projects of the tree have an app of one label, and neither is chosen."""
    if not tree.collisions:
        return
    projects = sorted({each.project for item in tree.collisions for each in item.folders})
    raise EnvironmentProblem(
        "SB551",
        f"{tree.ref} has several Django projects with apps of the same label: {', '.join(item.label for item in tree.collisions)}",
        hint="Choose the project by its folder, relative to the repository's top:",
        evidence=tuple(
            f"{item.label}: {' and '.join(each.path for each in item.folders)}" for item in tree.collisions
        ),
        example=tuple(f"stitchback -C {project or '.'} …" for project in projects),
    )


def refuse_nothing_read(project: Project, trees: Sequence[Tree]) -> None:
    """Raises EnvironmentProblem (SB550) where no tree has a migration: nothing read is nothing proved."""
    if any(tree.migrations for tree in trees):
        return
    refs = list(dict.fromkeys(tree.ref for tree in trees))
    raise EnvironmentProblem(
        "SB550",
        f"no migrations were found on {_listed(refs)}",
        hint=_HINT,
        example=configuration_of(item for tree in trees for item in tree.unread_settings),
        evidence=tuple(_searched(project, trees)),
    )


def _searched(project: Project, trees: Sequence[Tree]) -> list[str]:
    lines = [_in_tree(project, tree) for tree in trees]
    lines += [f"{item.span} on {tree.ref}: {item.reason}" for tree in trees for item in tree.unread_settings]
    lines += [f"{item.span} on {tree.ref}: {item.reason}" for tree in trees for item in tree.unreadable]
    if project.configuration.exclude:
        lines.append(f"left out by the configuration: {', '.join(project.configuration.exclude)}")
    return list(dict.fromkeys(lines))


def _in_tree(project: Project, tree: Tree) -> str:
    python = sum(path.endswith(".py") for path in project.files(tree.commit))
    where = f"{project.repository.work_tree or project.repository.git_dir} at {tree.ref}"
    folders = sorted(app.migrations for app in tree.apps.values())
    found = f"; without migrations: {', '.join(folders)}" if folders else ""
    return f"searched {where}: {python} Python files, folders named migrations and those of MIGRATION_MODULES{found}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
