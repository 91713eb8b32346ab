"""The use case `squash stitch`: apps and a ref in, proved squashes out that replace all migrations of these apps at the ref. On request a new
database by the old files and one by the squash are built on real servers with the project's own code, and compared, with the time of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from stitchback.adapters.project_environment import harmless_environment
from stitchback.adapters.projects import ProjectSession, Snapshot
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.nothing_read import refuse_nothing_read
from stitchback.api.project import ABBREVIATED, WORKTREE, Project
from stitchback.api.reading_cases import PlanRequest, policy_of, with_works
from stitchback.api.schema import require_apps
from stitchback.api.squash_regenerate import HowToRun, Regenerated, regenerate
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import Prepared, contents_of_candidate, diffs_from, reread
from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning.reports import coverage_of
from stitchback.planning.squash_reports import BuiltBothWays, SquashReport
from stitchback.proof import prove, reach
from stitchback.rewriting.rendering import FileContent
from stitchback.squashing.ranges import range_of
from stitchback.squashing.stitching import stitched

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StitchRequest:
    """`at`: the ref whose migrations are replaced. `remove`: whether the old files go."""

    apps: tuple[str, ...]
    at: str = "HEAD"
    remove: bool = False
    how: HowToRun = field(default_factory=HowToRun)


@dataclass(frozen=True, slots=True)
class Stitched:
    """`regenerated`: None where nothing was proved."""

    report: SquashReport
    regenerated: Regenerated


def stitch(project: Project, wish: StitchRequest, progress: Progress = lambda _: None) -> Stitched:
    """Runs the code of the project at that ref. Raises EnvironmentProblem: no such ref or app (SB531), a project that cannot be run;
    Refusal: a range that cannot be squashed (SB701 to SB706)."""
    commit = project.history_of(wish.at)
    tree = project.tree("HEAD")
    released = project.tree(project.lasting_name(wish.at), commit)
    refuse_nothing_read(project, (tree, released))
    require_apps(wish.apps, released)
    tree, _ = with_works(tree, ())
    wanted = replace(
        range_of(tree, released, wish.apps), at=f"{released.ref} (commit {commit[:ABBREVIATED]})"
    )
    progress("running makemigrations")
    regenerated = regenerate(project, released, commit, wanted.apps, wish.how)
    candidate = stitched(wanted, regenerated.migrations, remove=wish.remove)
    progress("proving")
    subject = f"Squash the migrations of {', '.join(wanted.apps)}"
    return Stitched(proved(project, tree, candidate, subject, wanted.apps), regenerated)


def proved(
    project: Project,
    tree: Tree,
    candidate: Candidate,
    subject: str,
    apps: tuple[str, ...],
    situation: Situation | None = None,
) -> SquashReport:
    """The candidate, held against every database that the tree can have made (or that the situation has)."""
    policy = policy_of(project, PlanRequest(()), tree)
    situation = situation or Situation((), tree, (), policy)
    outcome = prove(candidate, situation)
    best = None
    if isinstance(outcome, Refuted):
        best = outcome.reach or reach(candidate, situation)
    return SquashReport(subject, apps, tree, outcome, best, coverage_of((tree,)))


def contents_of_squash(project: Project, found: Stitched) -> tuple[FileContent, ...]:
    """What the files will hold. Empty where nothing was proved."""
    outcome = found.report.outcome
    if not isinstance(outcome, SafePlan):
        return ()
    blobs = found.regenerated.blobs

    def read(blob: str) -> bytes:
        return blobs[blob] if blob in blobs else project.read_blob(blob)

    return contents_of_candidate(project, outcome.candidate, found.report.tree, read)


def built(
    project: Project,
    report: SquashReport,
    contents: Sequence[FileContent],
    urls: Sequence[DatabaseUrl | str],
    how: HowToRun,
) -> SquashReport:
    """The report with a database by the old files and one by the squash on each of these servers. Raises Refusal (SB711) as `build_both_ways` does."""
    if not contents or not urls:
        return report
    assert isinstance(report.outcome, SafePlan), "only what was proved has contents"
    files = {each.path: each.content for each in contents}
    squashes = frozenset(edit.key for edit in report.outcome.candidate.edits)
    return replace(report, built=tuple(build_both_ways(project, files, squashes, url, how) for url in urls))


def diffs_of_squash(project: Project, contents: Sequence[FileContent], tree: Tree) -> tuple[str, ...]:
    return diffs_from(project, tree, contents)


def prepared(project: Project, report: SquashReport, contents: tuple[FileContent, ...]) -> Prepared:
    """Everything rendered and read again. Raises AssertionError (a bug) where what would be written is not what was proved."""
    assert isinstance(report.outcome, SafePlan), "only what was proved is written"
    assert report.tree.commit == WORKTREE, "a squash is written into the working tree"
    reread(project, report.tree, report.outcome.candidate, contents)
    return Prepared(report.outcome, contents, project.history_of("HEAD"), None, f"{report.subject}\n")


def prepare_stitch(project: Project, found: Stitched) -> Prepared:
    """What `write` takes: the files of a squash that was proved, rendered and read again."""
    return prepared(project, found.report, contents_of_squash(project, found))


CLIENTS = {"postgresql": ("PG*",), "mysql": ("MYSQL_*", "MARIADB_*")}


@dataclass(frozen=True, slots=True)
class _Built:
    seconds: float
    error: str
    content: Snapshot


def build_both_ways(
    project: Project,
    files: Mapping[str, bytes | None],
    squashes: frozenset[MigrationKey],
    url: DatabaseUrl | str,
    how: HowToRun,
) -> BuiltBothWays:
    """`files`: what the squash writes. Raises Refusal (SB711) where the databases differ or one cannot be built; EnvironmentProblem for a
    server that cannot be reached."""
    repository = project.repository.work_tree or project.repository.git_dir
    commit = project.history_of("HEAD")
    with scratch_databases(url) as scratch:
        environment = {**harmless_environment(CLIENTS.get(scratch.vendor, ())), **how.environment}
        folder = project.configuration.folder
        with Worktrees(repository, how.settings, folder=folder, environment=environment) as trees:
            old = _built(trees.at(commit), scratch.create())
            new = _built(trees.with_files(commit, files), scratch.create())
    wrong = tuple(_differences(old, new, squashes))
    if wrong:
        raise Refusal(
            "SB711",
            f"a database that the squash creates on {scratch.vendor} differs from one by the old files",
            hint="Nothing was written. `stitchback explain SB711` shows what to do.",
            evidence=wrong,
        )
    return BuiltBothWays(scratch.vendor, old.seconds, new.seconds)


def _built(session: ProjectSession, url: str) -> _Built:
    """A full `migrate` of an empty database. The time is without the start of the project."""
    session.start(url)
    start = perf_counter()
    outcome = session.migrate(url)
    seconds = perf_counter() - start
    return _Built(seconds, outcome.error_message, session.snapshot(url))


def _differences(old: _Built, new: _Built, squashes: frozenset[MigrationKey]) -> Iterator[str]:
    if old.error or new.error:
        yield from (
            f"{name}: {each.error}" for name, each in (("old files", old), ("squash", new)) if each.error
        )
        return
    yield from map(str, schema_differences(new.content.schema, old.content.schema))
    missing = set(old.content.ledger) - set(new.content.ledger)
    more = set(new.content.ledger) - set(old.content.ledger) - squashes
    yield from (f"django_migrations: no row for {key}" for key in sorted(missing))
    yield from (
        f"django_migrations: a row for {key}, which the old files do not write" for key in sorted(more)
    )
