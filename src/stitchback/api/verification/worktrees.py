"""Trees as folders, each with a process that runs its project. All gone at the end."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from stitchback.adapters.git_commit import export_tree, lay_over
from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import Keys, ProjectGraph, ProjectSession
from stitchback.adapters.temporary import temporary_folder
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.model.keys import MigrationKey
from stitchback.upgrades.next_release import NAME, next_release_file

NOT_COPIED = shutil.ignore_patterns(".git", "__pycache__", "*.sqlite3")


@dataclass(slots=True)
class Worktrees:
    """A context manager. `settings` None: what each tree's own manage.py names. `folder`: of the Django project in each tree.
    `environment`: variables that the projects get besides."""

    repository: Path
    settings: str | None = None
    python: str = sys.executable
    folder: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _folder: Path = Path()
    _folders: int = 0
    _sessions: dict[tuple[str, frozenset[str]], ProjectSession] = field(default_factory=dict)
    _past: list[ProjectSession] = field(default_factory=list)  # ended; the bench knows sessions by identity

    def __enter__(self) -> Self:
        self._folder = self._stack.enter_context(temporary_folder())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def at(self, commit: str, without: frozenset[str] = frozenset()) -> ProjectSession:
        """The project as it is at that commit, or as it was without some of its files."""
        place = (commit, without)
        if place not in self._sessions:
            tree = export_tree(self.repository, commit, self._next_folder(commit[:12]))
            lay_over(tree, dict.fromkeys(without))
            self._sessions[place] = self._opened(tree)
        return self._sessions[place]

    @contextmanager
    def for_a_while(self, commit: str, url: str) -> Iterator[ProjectSession]:
        """As `at`, for one of many old trees: a process of its own ends with the block. Raises Raised or EnvironmentProblem where the
        project cannot be started with today's interpreter and packages. `url` is any database."""
        if (commit, frozenset[str]()) in self._sessions:
            yield self.at(commit)
            return
        tree = export_tree(self.repository, commit, self._next_folder(commit[:12]))
        with self._session(tree) as session:
            session.graph(url)
            self._past.append(session)
            yield session

    def with_files(self, commit: str, files: Mapping[str, bytes | None]) -> ProjectSession:
        """The project as it is at that commit, with these files laid over it."""
        if not files:
            return self.at(commit)
        tree = export_tree(self.repository, commit, self._next_folder(commit[:12]))
        lay_over(tree, files)
        return self._opened(tree)

    def reconciled(self, commit: str, files: Mapping[str, bytes | None], url: str) -> Reconciled | Raised:
        """The tree of the commit with these files laid over it, and the next release after it; what Django says where it cannot
        be loaded. `url` is any database."""
        tree = export_tree(self.repository, commit, self._next_folder("reconciled"))
        lay_over(tree, files)
        return self._reconciled(tree, url)

    def reconciled_folder(self, folder: Path, url: str) -> Reconciled | Raised:
        """The same for a tree that stands in a folder; that one is left as it is."""
        return self._reconciled(
            Path(shutil.copytree(folder, self._next_folder("reconciled"), ignore=NOT_COPIED)), url
        )

    def _reconciled(self, tree: Path, url: str) -> Reconciled | Raised:
        session = self._opened(tree)
        try:
            graph = session.graph(url)
        except Raised as raised:
            return raised
        following = Path(shutil.copytree(tree, self._next_folder("next"), ignore=NOT_COPIED))
        new = write_next_release(graph, tree, following)
        return Reconciled(session, self._opened(following), graph, own_apps(graph, tree), new)

    def _next_folder(self, name: str) -> Path:
        self._folders += 1
        return self._folder / f"{self._folders}_{name}"

    def _opened(self, tree: Path) -> ProjectSession:
        return self._stack.enter_context(self._session(tree))

    def _session(self, tree: Path) -> ProjectSession:
        return ProjectSession(
            tree, self.settings, self.python, environment=self.environment, folder=self.folder
        )


def own_apps(graph: ProjectGraph, tree: Path) -> tuple[str, ...]:
    """The apps whose migrations are files of the tree; others are installed packages."""
    root = tree.resolve()
    return tuple(
        label for label, folder in sorted(graph.folders.items()) if folder.resolve().is_relative_to(root)
    )


def write_next_release(graph: ProjectGraph, tree: Path, other: Path) -> Keys:
    """Writes the next release's migrations into `other`, a copy of `tree`, whose graph that is. Returns their keys."""
    written = []
    for app in own_apps(graph, tree):
        leaves = [leaf for leaf in graph.leaves if leaf.app == app]
        folder = other / graph.folders[app].resolve().relative_to(tree.resolve())
        (folder / f"{NAME}.py").write_text(next_release_file(leaves), encoding="utf-8")
        written.append(MigrationKey(app, NAME))
    return tuple(written)
