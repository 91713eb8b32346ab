"""The use case `plan`: refs in, a proved plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stitchback.api.comparing import Wish, status
from stitchback.api.importing import Imports, of_python2
from stitchback.api.project import Project
from stitchback.hazards import find_in_proof
from stitchback.matching.case import Case
from stitchback.model.findings import Finding
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.plan import Prove, plan
from stitchback.planning.reports import PlanReport
from stitchback.proof import prove, prove_beside

Progress = Callable[[str], None]


def make_plan(project: Project, wish: Wish, progress: Progress = lambda _: None) -> PlanReport:
    """Raises EnvironmentProblem, and Refusal for a strategy that does not exist. An Unproved outcome is a value."""
    found = status(project, wish)
    progress("proving")
    imports = _imports(project, found.case)

    def judged(by: Prove) -> Prove:
        def judge(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
            failures = of_python2(candidate) or imports.failures(candidate)
            return Refuted(candidate, failures) if failures else by(candidate, situation)

        return judge

    outcome = plan(found.case, judged(prove), beside=judged(prove_beside))
    return PlanReport(found, outcome, tuple(_findings(project, found.case, outcome)))


def _findings(project: Project, case: Case, outcome: Planned | Unproved) -> Iterator[Finding]:
    if isinstance(outcome, Planned):
        yield from find_in_proof(case, outcome.chosen.proof, project.configuration.suppress)


def _imports(project: Project, case: Case) -> Imports:
    files = project.files
    patches = {side.patch.tree.ref: files(side.patch.tree.commit) for side in case.sides}
    return Imports(files(case.situation.mainline.commit), patches, project.read_blob)
