"""`backport` writes: a commit on the release, and the plan's files into mainline's working tree; both or neither."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from stitchback.adapters.file_changes import refuse_dirty
from stitchback.api.backport_choice import BackportRequest
from stitchback.api.project import WORKTREE, Project
from stitchback.api.reading_cases import PlanRequest
from stitchback.api.writing_plans import Prepared, Written, prepare, write
from stitchback.errors import EnvironmentProblem
from stitchback.planning.reports import BackportReport


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
