"""`verify` for a plan, or for the tree as it stands: what is tried, put together from the refs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stitchback.adapters.project_environment import named_environment
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.before_stitch import before_stitch
from stitchback.api.project import WORKTREE, Project
from stitchback.api.release_lines import release_lines
from stitchback.api.repairing import LedgerSource, read_source, refused, repair_ledger_with
from stitchback.api.rolling import RollingRequest
from stitchback.api.verification.rolling import Release, RollingRun, roll
from stitchback.api.verification.worktrees import Worktrees
from stitchback.api.verify_plan import (
    SQLITE,
    How,
    MainlineCommit,
    PatchCommits,
    VerifyCase,
    VerifyReport,
    environment_of,
    verify_plan,
)
from stitchback.api.writing_plans import contents_of
from stitchback.model.migrations import Tree
from stitchback.model.plans import MAINLINE
from stitchback.parsing.links import followed
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.repair.repair_outcomes import Unrepairable


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
