"""The use case `plan`: refs in, a proved plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from stitchback.api.conflicts import settled_paths
from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, status, suppressed
from stitchback.api.required_imports import Imports
from stitchback.hazards import find_in_proof
from stitchback.matching.case import Case
from stitchback.model.findings import Finding
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.parsing.tree import read_tree
from stitchback.planning.app_by_app import Prove
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.plan import plan
from stitchback.planning.reports import PlanReport
from stitchback.proof import prove, prove_beside, reach

Progress = Callable[[str], None]


def make_plan(
    project: Project, request: PlanRequest, progress: Progress = lambda _: None, *, in_brief: bool = False
) -> PlanReport:
    """`in_brief`: only whether there is a plan, not the cheapest one, nor what a refused one works for. Raises EnvironmentProblem, also for a
    strategy that does not exist (SB402). An Unproved outcome is a value."""
    found = status(project, request)
    progress("proving")
    imports = _imports(project, found.case)

    def judged(by: Prove) -> Prove:
        def judge(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
            failures = imports.failures(candidate)
            return Refuted(candidate, failures) if failures else by(candidate, situation)

        return judge

    outcome = plan(
        found.case,
        judged(prove),
        beside=judged(prove_beside),
        find_reach=None if in_brief else reach,
        first_only=in_brief,
    )
    mainline = found.case.situation.mainline
    findings = tuple(_findings(project, found.case, outcome))
    return PlanReport(found, outcome, findings, settled_paths(project, mainline))


def django_remark(project: Project, report: PlanReport) -> str | None:
    """What to say where the project asks for another Django than the proof ran on; None where there is no proof, or nothing to say."""
    if not isinstance(report.outcome, Planned):
        return None
    from stitchback.api.pinned_django import other_django

    used = report.outcome.chosen.proof.django
    files = project.files(report.status.case.situation.mainline.commit)
    pin = other_django(files, project.configuration.folder, used)
    if pin is None:
        return None
    return f"warning: {pin.path} requires {pin.requirement}, and the proof ran on Django {used}: install stitchback in the project's own environment"


def _findings(project: Project, case: Case, outcome: Planned | Unproved) -> Iterator[Finding]:
    if isinstance(outcome, Planned):
        yield from find_in_proof(case, outcome.chosen.proof, suppressed(project, case))


def _imports(project: Project, case: Case) -> Imports:
    files = project.files
    patches = {side.patch.tree.ref: files(side.patch.tree.commit) for side in case.sides}
    read = partial(
        read_tree, case.situation.mainline.ref, case.situation.mainline.commit, config=project.reading
    )
    return Imports(files(case.situation.mainline.commit), patches, project.read_blob, read)
