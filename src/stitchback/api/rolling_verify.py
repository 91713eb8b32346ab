"""The use case `verify --rolling`: a deploy from one release to another, done on real databases with the code of both."""

from __future__ import annotations

from collections.abc import Callable

from stitchback.adapters.project_environment import named_environment
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import WORKTREE, Project
from stitchback.api.rolling import RollingRequest
from stitchback.api.verification.rolling import Release, RollingRun, roll
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.verify_plan import SQLITE, How, environment_of
from stitchback.api.verifying import VerifyRequest, uncommitted


def verify_rolling(
    project: Project, request: RollingRequest, trial: VerifyRequest, progress: Callable[[str], None]
) -> tuple[RollingRun, ...]:
    """One run for each URL. Raises EnvironmentProblem: no such ref, a server that cannot be reached, a project that cannot be run (SB552)."""
    for url in trial.urls:
        if isinstance(url, str) and url != SQLITE:
            DatabaseUrl.parse(url)
    environment = named_environment(trial.environment, project.configuration.environment)
    how = How(trial.settings, environment=environment, progress=progress)
    return tuple(_on_engine(project, request, url, how) for url in trial.urls)


def _on_engine(project: Project, request: RollingRequest, url: str | DatabaseUrl, how: How) -> RollingRun:
    repository = project.repository
    folder = repository.work_tree or repository.git_dir
    with (
        scratch_databases(url, how.python) as scratch,
        Worktrees(
            folder,
            how.settings,
            how.python,
            project.configuration.folder,
            environment_of(how, scratch.vendor),
        ) as trees,
    ):
        old = Release(request.old, trees.at(repository.resolve(request.old)))
        commit = project.commit_of(request.new)
        files = dict(uncommitted(project, project.tree(request.new))) if commit == WORKTREE else {}
        new = Release(request.new, trees.with_files(project.history_of(request.new), files))
        code = new if request.is_code_first else old
        (run,) = roll(
            scratch, old, new, [code], progress=lambda text: how.progress(f"{scratch.vendor}: {text}")
        )
        return run
