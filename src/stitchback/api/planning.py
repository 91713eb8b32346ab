"""The use cases `status` and `plan`: refs in, what is the same on both sides and a proved plan out."""

from __future__ import annotations

from collections.abc import Callable

from stitchback.api.comparing import Wish, read_case
from stitchback.api.importing import Imports
from stitchback.api.project import Project
from stitchback.hazards import find_all
from stitchback.matching.case import Case
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning import PlanReport, Status, coverage, plan
from stitchback.planning.plan import Prove

Progress = Callable[[str], None]


def status(project: Project, wish: Wish) -> Status:
    """Raises EnvironmentProblem as `read_case` does."""
    case = read_case(project, wish)
    findings = (*project.repository.findings, *find_all(case, project.configuration.suppress))
    return Status(case, tuple(sorted(set(findings), key=lambda finding: finding.sort_key)), coverage(case))


def make_plan(project: Project, wish: Wish, progress: Progress = lambda _: None) -> PlanReport:
    """Raises EnvironmentProblem, and Refusal for a strategy that does not exist. An Unproved outcome is a value."""
    from stitchback.proof import prove, prove_beside

    found = status(project, wish)
    progress("proving")
    imports = _imports(project, found.case)

    def judged(by: Prove) -> Prove:
        def judge(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
            failures = imports.failures(candidate)
            return Refuted(candidate, failures) if failures else by(candidate, situation)

        return judge

    return PlanReport(found, plan(found.case, judged(prove), beside=judged(prove_beside)))


def _imports(project: Project, case: Case) -> Imports:
    files = project.files
    patches = {side.patch.tree.ref: files(side.patch.tree.commit) for side in case.sides}
    return Imports(files(case.situation.mainline.commit), patches, project.read_blob)
