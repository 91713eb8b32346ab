"""`status`, answered at once where the very same was asked before: nothing is read, compared or even imported then.

The answer is made of the commits that the refs mean, of the Python files of the working tree where it is mainline, of the
configuration, of what was asked, and of this very version of the tool. Where one of them cannot be told, or may mean something
else tomorrow, nothing is kept. A plan is never kept: it is proved each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from stitchback.adapters.config import working_configuration
from stitchback.adapters.file_changes import refuse_interrupted
from stitchback.adapters.git import WORKTREE, DiskFiles, ObjectFiles, Repository
from stitchback.adapters.status_cache import (
    CachedAnswer,
    KeptAnswers,
    digest,
    files_digest,
    history_may_be_rewritten,
)
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import Configuration


class StatusRequest(NamedTuple):
    """What a person asked of `status`."""

    patches: tuple[str, ...]
    onto: str
    output_format: str
    verbose: bool


class ResolvedRefs(NamedTuple):
    """What the refs mean. `mainline` is a commit, or WORKTREE with `files`; `head` is what is checked out then."""

    mainline: str
    patches: tuple[str, ...]
    since: str
    head: str
    files: ObjectFiles | DiskFiles | None


def answer_status(directory: Path | str, asked: StatusRequest) -> CachedAnswer:
    """The report and the exit code: 1 where there is something to look at. Raises EnvironmentProblem as `status` does."""
    with Repository.open(directory) as repository:
        refuse_interrupted(repository)
        configuration = working_configuration(repository, directory)
        seen = resolve_refs(repository, configuration, asked)
        key = key_of(repository, configuration, asked, seen)
        kept = KeptAnswers(repository.common_dir)
        known = kept.get(key) if key is not None else None
        if known is not None:
            return known
        answer, is_of_python = _answer(repository, configuration, asked, seen)
        if key is not None and is_of_python and _still(repository, configuration, asked, seen):
            kept.put(key, answer)
        return answer


def resolve_refs(repository: Repository, configuration: Configuration, asked: StatusRequest) -> ResolvedRefs:
    """Raises EnvironmentProblem: no such ref, a working tree that git cannot list."""
    refs = _refs(repository, configuration, asked)
    return refs._replace(files=repository.files(WORKTREE)) if refs.mainline == WORKTREE else refs


def _refs(repository: Repository, configuration: Configuration, asked: StatusRequest) -> ResolvedRefs:
    since = configuration.unreleased_since
    is_here = repository.is_checked_out(asked.onto)
    mainline = WORKTREE if is_here else repository.resolve(asked.onto)
    head = (
        f"{repository.head_branch()} {repository.resolve('HEAD')} {repository.unfinished()}"
        if is_here
        else ""
    )
    patches = tuple(map(repository.resolve, asked.patches))
    return ResolvedRefs(mainline, patches, repository.resolve(since) if since else "", head, None)


def key_of(
    repository: Repository, configuration: Configuration, asked: StatusRequest, seen: ResolvedRefs
) -> str | None:
    """Another one for everything that the answer may differ by; None where that cannot be told."""
    if history_may_be_rewritten(repository):
        return None
    try:
        content = "" if seen.files is None else files_digest(seen.files)
    except EnvironmentProblem:  # a file that cannot be read: where it matters, reading the tree says so
        return None
    refs = (seen.mainline, *seen.patches, seen.since, seen.head)
    notes = repr(repository.findings)  # what was noted about the refs so far
    return digest((repr(asked), repr(configuration), *refs, content, notes))


def _answer(
    repository: Repository, configuration: Configuration, asked: StatusRequest, seen: ResolvedRefs
) -> tuple[CachedAnswer, bool]:
    """The answer, and whether it is made of Python files alone, which are what the key is made of."""
    from stitchback.api.comparing import PlanRequest, has_read_data, status
    from stitchback.api.project import Project
    from stitchback.reporting import render_status

    files = {} if seen.files is None else {WORKTREE: seen.files}
    with Project.of(repository, configuration, files) as project:
        found = status(project, PlanRequest(asked.patches, asked.onto))
    text = render_status(found, asked.output_format, verbose=asked.verbose)
    return CachedAnswer(text, 1 if found.findings or found.case.units else 0), not has_read_data(found.case)


def _still(
    repository: Repository, configuration: Configuration, asked: StatusRequest, seen: ResolvedRefs
) -> bool:
    """Whether the refs mean now what they meant before: else the answer may be that of other commits."""
    return _refs(repository, configuration, asked) == seen._replace(files=None)
