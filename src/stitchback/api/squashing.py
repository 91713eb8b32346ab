"""The use cases `squash stitch` and `squash finish`.

`stitch`: apps and a ref in, proved squashes out that replace all migrations of these apps at the ref. The project's own `makemigrations` creates them, in a
folder with the commit's files. On request a new database by the old files and one by the squash are built on real servers with the project's own code, and
compared, with the time of both.

`finish`: apps and databases in, the tree without `replaces` and old files out, or the databases that are not there yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from stitchback.adapters.connections import TIMEOUT
from stitchback.adapters.databases import read_database
from stitchback.adapters.fleet_file import ReachedTenant, Tenant, UnreachedTenant, read_fleet
from stitchback.adapters.project_process import Raised, harmless_environment, named_environment
from stitchback.adapters.projects import ProjectSession, Snapshot
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import ABBREVIATED, WORKTREE, Project, refuse_nothing_read
from stitchback.api.reading_cases import PlanRequest, policy_of, with_works
from stitchback.api.repairing import read_ledgers
from stitchback.api.schema import require_apps
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import Prepared, Rendered, contents_of_candidate, diffs_from, reread
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.graph import MigrationGraph
from stitchback.model.files import ChangedFiles
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate, Patch, Refuted, SafePlan, Situation
from stitchback.parsing.tree import read_tree
from stitchback.planning.reports import coverage_of
from stitchback.planning.squash_reports import (
    BuiltBothWays,
    FinishReport,
    NotThere,
    SquashReport,
)
from stitchback.proof import prove, reach
from stitchback.rewriting.rendering import FileContent
from stitchback.squashing.finishing import finished, squashes_in, unfinished
from stitchback.squashing.ranges import range_of
from stitchback.squashing.stitching import stitched

GENERATED = " (makemigrations)"  # behind the name: the old file may have the same
MOST_LINES = 12


DATE = re.compile(r"\d{4}-\d\d-\d\d")
Progress = Callable[[str], None]


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
        labels = {key.app for key in released.migrations}
        folders = {label: place for label, place in session.graph(url).folders.items() if label in labels}
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
        environment = {**harmless_environment(scratch.vendor), **how.environment}
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


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """`databases`: addresses or URLs; `tenants`: of fleets. `released_before`: a date or a ref, since which every database was migrated."""

    apps: tuple[str, ...]
    databases: tuple[DatabaseUrl | str, ...] = ()
    ledgers: tuple[str, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    released_before: str | None = None
    timeout: int = TIMEOUT


def finish(project: Project, wish: FinishRequest, progress: Progress = lambda _: None) -> FinishReport:
    """Raises EnvironmentProblem: no such ref or app (SB531), a database that cannot be read, no commit before the date (SB710); Refusal (SB709)."""
    tree = project.tree("HEAD")
    refuse_nothing_read(project, (tree,))
    require_apps(wish.apps, tree)
    squashes = squashes_in(tree, wish.apps)
    if not squashes:
        return FinishReport(tree)
    progress("reading databases")
    ledgers, unread = read_all(wish)
    released = released_tree(project, wish.released_before)
    missing = (*not_there(squashes, ledgers), *unread, *not_released(squashes, released))
    if missing:
        return FinishReport(tree, tuple(each.key for each in squashes), missing)
    tree, _ = with_works(tree, ())
    candidate = finished(tree, [tree.migrations[each.key] for each in squashes])
    progress("proving")
    start = released or tree
    patch = Patch(start, start, (), is_least=True)
    situation = Situation((patch,), tree, ((),), policy_of(project, PlanRequest(()), tree), tuple(ledgers))
    apps = tuple(sorted(wish.apps))
    report = proved(project, tree, candidate, f"Finish the squashes of {', '.join(apps)}", apps, situation)
    return FinishReport(tree, tuple(each.key for each in squashes), (), report)


def contents_of_finish(project: Project, report: SquashReport) -> tuple[FileContent, ...]:
    """What the files will hold, None where they are removed."""
    assert isinstance(report.outcome, SafePlan), "only what was proved is written"
    return contents_of_candidate(project, report.outcome.candidate, report.tree, project.read_blob)


def prepare_finish(project: Project, found: FinishReport) -> Prepared:
    """What `write` takes: the files of squashes that every database has, rendered and read again."""
    assert found.report is not None, "only what was proved is written"
    return prepared(project, found.report, contents_of_finish(project, found.report))


def read_all(wish: FinishRequest) -> tuple[list[Ledger], tuple[NotThere, ...]]:
    """The ledgers, and the databases of fleets that cannot be read."""
    found = [read_database(DatabaseUrl.of(url), timeout=wish.timeout).ledger for url in wish.databases]
    found += read_ledgers(wish.ledgers)
    answers = read_fleet(wish.tenants, timeout=wish.timeout) if wish.tenants else ()
    found += [answer.reading.ledger for answer in answers if isinstance(answer, ReachedTenant)]
    unread = (answer for answer in answers if isinstance(answer, UnreachedTenant))
    return found, tuple(
        NotThere(each.tenant.name, f"cannot be read: {each.problem.message}") for each in unread
    )


def not_there(squashes: Sequence[Migration], ledgers: Sequence[Ledger]) -> tuple[NotThere, ...]:
    return tuple(
        NotThere(ledger.source, "", missing)
        for ledger in ledgers
        if (missing := tuple(unfinished(squashes, ledger)))
    )


def released_tree(project: Project, released_before: str | None) -> Tree | None:
    """The tree of the ref, or of the last commit before the date on the branch that is checked out."""
    if released_before is None:
        return None
    if DATE.fullmatch(released_before):
        commit = project.repository.last_before(released_before)
        if commit is None:
            raise EnvironmentProblem(
                "SB710",
                f"the branch has no commit before {released_before}",
                hint="Give a later date, or the tag of a release.",
            )
        return project.tree(f"the last commit before {released_before}", commit)
    commit = project.repository.resolve(released_before)
    return project.tree(released_before, commit)


def not_released(squashes: Sequence[Migration], released: Tree | None) -> tuple[NotThere, ...]:
    if released is None:
        return ()
    missing = [str(each.key) for each in squashes if each.key not in released.migrations]
    return (
        (NotThere(f"databases of {released.ref}", f"that tree does not have {', '.join(missing)} yet"),)
        if missing
        else ()
    )
