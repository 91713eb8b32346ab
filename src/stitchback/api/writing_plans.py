"""The use case `apply`: a proved plan in, changed files out, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stitchback.adapters.file_changes import FileChange, write_changes
from stitchback.adapters.git import DiskFiles
from stitchback.api.conflicts import conflicts_settled
from stitchback.api.project import WORKTREE, Project
from stitchback.api.reading_cases import PlanRequest
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.model.files import ChangedFiles, folders_of
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, SafePlan
from stitchback.parsing.links import followed, real_path
from stitchback.parsing.tree import read_tree
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.rewriting.check_rendered import check_reread
from stitchback.rewriting.leaf_files import marker_edits
from stitchback.rewriting.rendering import FileContent, package_files, render_files, unified_diff


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything rendered and read again: ready to be written. `branch` None writes into the working tree."""

    safe: SafePlan
    contents: tuple[FileContent, ...]
    base: str  # the commit of mainline that was read, or of HEAD where the working tree was
    branch: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """`commit` is the new commit where a branch was written to. `kept`: uncommitted files that were written over -> git's id of what they
    held. `adds_nothing`: whether the working tree is now as HEAD, so that there is nothing to commit."""

    paths: tuple[str, ...]
    branch: str | None
    commit: str | None
    kept: Mapping[str, str] = field(default_factory=dict)
    adds_nothing: bool = False


def contents_of(project: Project, report: PlanReport) -> tuple[FileContent, ...]:
    """What the chosen plan's files will hold, marker files too. Empty where nothing was proved."""
    if not isinstance(report.outcome, Planned):
        return ()
    situation = report.status.case.situation
    patches = tuple(patch.tree for patch in situation.patches)
    return contents_of_candidate(
        project, report.outcome.chosen.candidate, situation.mainline, project.read_blob, patches
    )


def contents_of_candidate(
    project: Project,
    candidate: Candidate,
    mainline: Tree,
    read_blob: Callable[[str], bytes],
    patches: Sequence[Tree] = (),
) -> tuple[FileContent, ...]:
    """The same for any candidate. `read_blob`: also of files that no commit has. `patches`: the trees from which files are copied."""
    files = followed(project.repository.files(mainline.commit))
    theirs = [followed(project.repository.files(tree.commit)) for tree in patches]
    rendered = render_files(candidate.edits, read_blob)
    graph = MigrationGraph.of(candidate.result)
    leaves = {leaf.app: leaf.name for leaf in graph.leaves()}
    markers = marker_edits(files, candidate.result, leaves)
    packages = package_files(candidate.edits, files, theirs)
    real = {
        path: replace(content, path=path)
        for content in (*rendered, *markers, *packages)
        if (path := real_path(content.path, files))
    }
    for path, source in conflicts_settled(project, mainline).items():
        real.setdefault(path, FileContent(path, source))
    return tuple(real[path] for path in sorted(real))


def diffs_of(project: Project, report: PlanReport) -> tuple[str, ...]:
    """What the files would become, a unified diff each."""
    return diffs_from(project, report.status.case.situation.mainline, contents_of(project, report))


def diffs_from(project: Project, mainline: Tree, contents: Iterable[FileContent]) -> tuple[str, ...]:
    files = project.repository.files(mainline.commit)
    return tuple(
        unified_diff(
            content.path, files[content.path].read() if content.path in files else None, content.content
        )
        for content in contents
    )


def prepare(project: Project, report: PlanReport, request: PlanRequest, branch: str | None) -> Prepared:
    """Renders the plan and reads it again as it will be. Raises EnvironmentProblem where there is no place to write to, and
    AssertionError (a bug) where what would be written is not what was proved."""
    assert isinstance(report.outcome, Planned), "only a proved plan is written"
    mainline = report.status.case.situation.mainline
    if branch is None and mainline.commit != WORKTREE:
        raise EnvironmentProblem(
            "SB511",
            f"{request.onto} is not checked out",
            hint=f"Check it out, or use --branch NAME to commit the plan to a branch on top of {request.onto}.",
        )
    safe = report.outcome.chosen
    contents = contents_of(project, report)
    reread(project, mainline, safe.candidate, contents)
    patches = ", ".join(patch.tree.ref for patch in report.status.case.situation.patches)
    return Prepared(
        safe, contents, project.history_of(request.onto), branch, f"Stitch the migrations of {patches}\n"
    )


def reread(project: Project, mainline: Tree, candidate: Candidate, contents: tuple[FileContent, ...]) -> None:
    """What will be written is read again and must be the graph that was proved."""
    changed = {
        content.path: None if content.content is None else Rendered(content.content) for content in contents
    }
    files = ChangedFiles(project.repository.files(mainline.commit), changed)
    again = read_tree(mainline.ref, mainline.commit, files, project.reading)
    check_reread(candidate.edits, candidate.result, again)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file that is about to be written, for reading it again."""

    content: bytes

    @property
    def blob(self) -> str:
        import hashlib

        return hashlib.sha1(
            b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False
        ).hexdigest()

    def read(self) -> bytes:
        return self.content


def write(project: Project, prepared: Prepared, uncommitted: Collection[str] = ()) -> Written:
    """Writes all of it. `uncommitted`: files that may be written over although no commit has them; git keeps what they hold. Raises EnvironmentProblem where something moved meanwhile, a file is dirty or cannot be written."""
    changed: Mapping[str, bytes | None] = {content.path: content.content for content in prepared.contents}
    if prepared.branch is not None:
        commit = project.repository.commit_to_branch(
            prepared.branch, changed, prepared.message, prepared.base
        )
        return Written(tuple(sorted(changed)), prepared.branch, commit)
    files = project.repository.files(WORKTREE)
    conflicted = files.conflicted if isinstance(files, DiskFiles) else {}
    on_disk = {path: conflicted.get(path) or files[path] for path in changed if path in files}
    changes = tuple(
        FileChange(path, on_disk[path].read() if path in on_disk else None, content)
        for path, content in sorted(changed.items())
    )
    kept = {
        change.path: project.repository.keep(change.before)
        for change in changes
        if change.path in uncommitted and change.before is not None
    }
    write_changes(project.repository, changes, kept)
    paths = tuple(sorted(changed))
    return Written(paths, None, None, kept, project.repository.adds_nothing(folders_of(paths)))
