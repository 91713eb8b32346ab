"""The use case `verify`: a proved plan, or the tree as it stands, done on real databases with the project's own code, before anybody deploys it.

`--replay GLOB`: which releases are done again, in which order, and of which lineage they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stitchback.adapters.git import Repository
from stitchback.adapters.git_refs import Ref, near_names
from stitchback.adapters.project_process import Raised, harmless_environment, named_environment
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.before_stitch import before_stitch
from stitchback.api.checking import RollingRequest
from stitchback.api.project import WORKTREE, Project
from stitchback.api.repairing import LedgerSource, read_source, refused, repair_ledger_with
from stitchback.api.verification.real_checks import (
    EngineChecks,
    ManualRepair,
    Progress,
    Repair,
    not_loaded,
)
from stitchback.api.verification.real_databases import DatabaseCache, Remedy
from stitchback.api.verification.real_populations import BranchTrees, NotRun, OldTree
from stitchback.api.verification.rolling import Release, roll
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.writing_plans import contents_of
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import DataAgreement
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.plans import FORK, MAINLINE, PATCHED
from stitchback.model.verify_reports import EngineReport, RollingRun
from stitchback.parsing.links import followed
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.repair.repair_outcomes import Unrepairable
from stitchback.upgrades.histories import fork_point_of

SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class PatchCommits:
    """A patch branch: its tip, and the commit where it parted from mainline (from before the merge, where git has merged it)."""

    ref: str
    commit: str
    fork: str


@dataclass(frozen=True, slots=True)
class MainlineCommit:
    """Mainline as it was read. `brought`: paths of migrations that git's merge brought over and that left several leaves, so
    that no database was made with them. `unreleased`: migrations that no database has applied. `before`: the commit that made mainline's
    databases, where mainline has the plan's files already; `went_on`: its own tree has made databases since, too."""

    ref: str
    commit: str
    brought: frozenset[str] = frozenset()
    unreleased: frozenset[MigrationKey] = frozenset()
    before: str | None = None
    went_on: bool = False


@dataclass(frozen=True, slots=True)
class ReplayedTag:
    """A release whose databases are made too. `lineage`: what it counts as, once it is past the fork point (patched, mainline)."""

    ref: str
    commit: str
    lineage: str = MAINLINE


Line = tuple[ReplayedTag, ...]


@dataclass(frozen=True, slots=True)
class VerifyCase:
    """What is tried. `files`: the reconciled tree's, over mainline's commit (path -> bytes, None: deleted). `manual_steps`: the
    lineages that the plan says may need a repair, `finishing` those that may have to finish first. `releases`: lines of releases that came one after the other, oldest first. `agreements`: data
    operations that need not run just once. `folder`: of the Django project, relative to the repository's top."""

    repository: Path
    patches: tuple[PatchCommits, ...]
    mainline: MainlineCommit
    files: Mapping[str, bytes | None]
    manual_steps: frozenset[str] = frozenset({MAINLINE})
    finishing: frozenset[str] = frozenset()
    releases: tuple[tuple[ReplayedTag, ...], ...] = ()
    agreements: tuple[DataAgreement, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    engines: tuple[EngineReport, ...]

    @property
    def went_well(self) -> bool:
        return not any(engine.differences for engine in self.engines)


@dataclass(frozen=True, slots=True)
class How:
    """`settings` None: what manage.py names. `python`: the project's interpreter. `environment`: variables that its code gets besides
    those of every program. `manual_repair` runs a repair's script on a database;
    None: the project's own Django runs it. `thorough` None: on SQLite, where a database is copied in a millisecond."""

    settings: str | None = None
    python: str = sys.executable
    manual_repair: Remedy | None = None
    thorough: bool | None = None
    progress: Progress = field(default=lambda text: None)
    environment: Mapping[str, str] = field(default_factory=dict)


def verify_plan(
    case: VerifyCase, repair: Repair, urls: tuple[str | DatabaseUrl, ...] = (SQLITE,), how: How | None = None
) -> VerifyReport:
    """Each engine in turn, SQLite's files and databases made on the servers of the URLs; all of it is gone afterwards, whatever
    happens. `repair` gives the script for the database at a URL, "" where it needs none.

    Raises EnvironmentProblem: a server that cannot be reached or refuses to make databases, a project that cannot be run.
    """
    how = how or How()
    return VerifyReport(tuple(_engine_report(case, repair, url, how) for url in urls))


def _engine_report(case: VerifyCase, repair: Repair, url: str | DatabaseUrl, how: How) -> EngineReport:
    with (
        scratch_databases(url, how.python) as scratch,
        Worktrees(
            case.repository,
            how.settings,
            how.python,
            case.folder,
            {**harmless_environment(scratch.vendor), **how.environment},
        ) as shop,
    ):
        if scratch.left_over:
            how.progress(
                f"{scratch.vendor}: databases of earlier runs, to be dropped: {', '.join(scratch.left_over)}"
            )
        how.progress(f"{scratch.vendor}: exporting the trees")
        reconciled = shop.reconciled(case.mainline.commit, case.files, scratch.create())
        if isinstance(reconciled, Raised):
            return not_loaded(scratch.vendor, reconciled)
        manual = ManualRepair(
            repair, how.manual_repair or reconciled.session.execute, case.manual_steps, case.finishing
        )
        thorough = scratch.vendor == "sqlite" if how.thorough is None else how.thorough
        branches = _branches(case, shop, scratch.create())
        judge = EngineChecks(
            DatabaseCache(scratch),
            branches,
            reconciled,
            manual,
            lambda text: how.progress(f"{scratch.vendor}: {text}"),
            thorough,
            case.agreements,
        )
        return judge.judged()


def _branches(case: VerifyCase, shop: Worktrees, url: str) -> BranchTrees:
    """`url` is any database, for releases' projects to be started with."""
    said = case.mainline
    before = shop.at(said.before or said.commit, said.brought)
    mainlines = [OldTree(said.ref, MAINLINE, before, said.unreleased)]
    if said.went_on:
        now = shop.at(said.commit, said.brought)
        mainlines.append(OldTree(f"{said.ref} with the plan", MAINLINE, now, said.unreleased))
    return BranchTrees(
        forks=tuple(OldTree(fork_point_of(patch.ref), FORK, shop.at(patch.fork)) for patch in case.patches),
        patches=tuple(OldTree(patch.ref, PATCHED, shop.at(patch.commit)) for patch in case.patches),
        mainlines=tuple(mainlines),
        oracle=mainlines[-1].session,
        releases=tuple(_releases(line, shop, url) for line in case.releases),
    )


def _releases(line: Iterable[ReplayedTag], shop: Worktrees, url: str) -> Iterator[OldTree | NotRun]:
    """One after the other: a release's process ends when the next is asked for."""
    for tag in line:
        try:
            with shop.for_a_while(tag.commit, url) as session:
                yield OldTree(tag.ref, tag.lineage, session)
        except (Raised, EnvironmentProblem) as problem:
            yield NotRun(tag.ref, str(problem).splitlines()[0])


def release_lines(repository: Repository, glob: str, patches: Iterable[PatchCommits]) -> tuple[Line, ...]:
    """The tags that fit the glob, as lines of releases: in each line one descends from the other, oldest first, and no line
    is a part of another. A release that no other descends from ends a line of its own (a hotfix release and the next version).

    Raises EnvironmentProblem (SB526) where no tag fits.
    """
    tags = repository.tags(glob)
    if not tags:
        raise _no_tag(repository, glob)
    known, below = tuple(patches), _below(repository, tags)
    tips = [tag for tag in tags if not any(tag in below[other] for other in tags)]
    return tuple(
        tuple(_replayed(repository, each, known) for each in _oldest_first((*below[tip], tip), tags, below))
        for tip in tips
    )


def _oldest_first(
    line: Iterable[Ref], tags: tuple[Ref, ...], below: Mapping[Ref, frozenset[Ref]]
) -> list[Ref]:
    """Ancestors first; of those that have no order, the lower version."""
    return sorted(line, key=lambda tag: (len(below[tag]), tags.index(tag)))


def _below(repository: Repository, tags: tuple[Ref, ...]) -> Mapping[Ref, frozenset[Ref]]:
    """The releases that each one descends from. Of tags of one commit the later version counts as the descendant."""
    found = {}
    for place, tag in enumerate(tags):
        found[tag] = frozenset(
            other
            for at, other in enumerate(tags)
            if (other.commit != tag.commit and repository.is_ancestor(other.commit, tag.commit))
            or (other.commit == tag.commit and at < place)
        )
    return found


def _replayed(repository: Repository, tag: Ref, patches: tuple[PatchCommits, ...]) -> ReplayedTag:
    """A release that lies on a patch branch, past its fork point, made patched databases."""
    patched = any(
        repository.is_ancestor(tag.commit, patch.commit)
        and not repository.is_ancestor(tag.commit, patch.fork)
        for patch in patches
    )
    return ReplayedTag(tag.name, tag.commit, PATCHED if patched else MAINLINE)


def _no_tag(repository: Repository, glob: str) -> EnvironmentProblem:
    names = tuple(tag.name for tag in repository.tags())
    near = near_names(glob.rstrip("*"), names) or names[-3:]
    hint = (
        f"Tags here are {', '.join(near)} …"
        if near
        else "This repository has no tags; a clone may need `git fetch --tags`."
    )
    return EnvironmentProblem("SB526", f"no tag fits --replay {glob!r}", hint=hint)


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """`environment`: what `--env` says. `urls`: servers, or `sqlite:///`. `replay`: a glob over tags, None for none. `thorough`: every rollout on servers too."""

    urls: tuple[str | DatabaseUrl, ...]
    settings: str | None = None
    replay: str | None = None
    thorough: bool = False
    environment: tuple[str, ...] = ()


def verify(
    project: Project, report: PlanReport, request: VerifyRequest, progress: Callable[[str], None]
) -> VerifyReport:
    """Does the plan on real databases. Raises EnvironmentProblem as `verify_plan` does, Refusal where a ledger cannot be mended."""
    assert isinstance(report.outcome, Planned), "only a proved plan is tried out"
    for url in request.urls:
        if url != SQLITE:
            DatabaseUrl.of(url)
    result = report.outcome.chosen.candidate.result

    def repair(url: str) -> str:
        treatment = repair_ledger_with(project, read_source(LedgerSource.of(url, None)), result)
        if isinstance(treatment.outcome, Unrepairable):
            raise refused(treatment.outcome)
        return treatment.script.text if treatment.script else ""

    environment = named_environment(request.environment, project.configuration.environment)
    how = How(request.settings, thorough=request.thorough or None, progress=progress, environment=environment)
    return verify_plan(_case(project, report, request), repair, request.urls, how)


def _case(project: Project, report: PlanReport, request: VerifyRequest) -> VerifyCase:
    situation = report.status.case.situation
    assert isinstance(report.outcome, Planned)
    outcomes = report.outcome.chosen.proof.outcomes
    manual_steps = frozenset(each.population.lineage for each in outcomes if each.inserts)
    finishing = frozenset(each.population.lineage for each in outcomes if each.finish)
    commit = (
        project.history_of("HEAD") if situation.mainline.commit == WORKTREE else situation.mainline.commit
    )
    before = before_stitch(project, situation)
    if before is not None and not situation.policy.zero_touch:
        # The plan that is written may have asked for one: the proof of now knows only what it left to be done.
        manual_steps |= {MAINLINE}
        finishing |= {MAINLINE}
    files = dict(uncommitted(project, situation.mainline))
    files |= {content.path: content.content for content in contents_of(project, report)}
    brought = frozenset(
        migration.path
        for patch in situation.patches
        if patch.merged
        for migration in patch.migrations
        if migration.key in situation.mainline.migrations and migration.key not in patch.mainline_had
    )
    patches = tuple(PatchCommits(p.tree.ref, p.tree.commit, p.fork.commit) for p in situation.patches)
    releases = () if request.replay is None else release_lines(project.repository, request.replay, patches)
    return VerifyCase(
        repository=project.repository.work_tree or project.repository.git_dir,
        patches=patches,
        mainline=MainlineCommit(
            situation.mainline.ref,
            commit,
            brought,
            situation.policy.unreleased,
            before.commit if before else None,
            before is not None and before.went_on,
        ),
        files=files,
        manual_steps=manual_steps,
        finishing=finishing,
        releases=releases,
        agreements=situation.policy.data,
        folder=project.configuration.folder,
    )


def uncommitted(project: Project, mainline: Tree) -> Iterator[tuple[str, bytes | None]]:
    """Migrations of the working tree that HEAD has otherwise, or not at all, and those that are gone."""
    if mainline.commit != WORKTREE:
        return
    head = followed(project.repository.files(project.history_of("HEAD")))
    here = {migration.path: migration.blob for migration in mainline.migrations.values()}
    for path, blob in here.items():
        if path not in head or head[path].blob != blob:
            yield path, project.read_blob(blob)
    folders = {path.rpartition("/")[0] for path in here}
    for path in head:
        name = path.rpartition("/")[2]
        if (
            path not in here
            and path.rpartition("/")[0] in folders
            and name.endswith(".py")
            and name[0].isdigit()
        ):
            yield path, None


def verify_rolling(
    project: Project, request: RollingRequest, trial: VerifyRequest, progress: Callable[[str], None]
) -> tuple[RollingRun, ...]:
    """One run for each URL. Raises EnvironmentProblem: no such ref, a server that cannot be reached, a project that cannot be run (SB552)."""
    for url in trial.urls:
        if isinstance(url, str) and url != SQLITE:
            DatabaseUrl.parse(url)
    environment = named_environment(trial.environment, project.configuration.environment)
    how = How(trial.settings, environment=environment, progress=progress)
    return tuple(_rolling_run(project, request, url, how) for url in trial.urls)


def _rolling_run(project: Project, request: RollingRequest, url: str | DatabaseUrl, how: How) -> RollingRun:
    repository = project.repository
    folder = repository.work_tree or repository.git_dir
    with (
        scratch_databases(url, how.python) as scratch,
        Worktrees(
            folder,
            how.settings,
            how.python,
            project.configuration.folder,
            {**harmless_environment(scratch.vendor), **how.environment},
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
