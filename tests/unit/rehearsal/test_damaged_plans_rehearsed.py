"""Right plans of fixtures, with one thing wrong: what a plain migrate of some database shows, the second judge sees without the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from damaged_plans import damaged
from fixture_repos import build_repository
from rehearsing_by_hand import apps_of

from stitchback.api import PlanRequest, Project, make_plan
from stitchback.model.plans import Candidate, Proof, Refuted
from stitchback.model.problems import ProblemKind
from stitchback.planning.outcomes import Planned
from stitchback.proof.proving import Prover, prover_of
from stitchback.proof.rehearsals import Rehearsals
from stitchback.rehearsal import RehearsalAnswer

FIXTURES = (
    "same-column-mid-chain",
    "same-name-missing-column",
    "many-to-many-field",
    "removed-on-both",
    "two-release-branches",
)
OF_DATA = (ProblemKind.DATA_REPEATED, ProblemKind.DATA_NOT_RUN, ProblemKind.DATA_DROPPED)
NOTHING_SEEN = RehearsalAnswer("", "", 0, 0)


def with_rows_of(candidate: Candidate, proof: Proof) -> Proof:
    """The databases with the rows that this candidate still asks for."""
    asked = {each.insert for each in candidate.manual_inserts}
    kept = (
        replace(each, inserts=tuple(key for key in each.inserts if key in asked)) for each in proof.outcomes
    )
    return replace(proof, outcomes=tuple(kept))


def first_judge(prover: Prover, candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> str:
    """Why it refuses the candidate by what a plain migrate does to the schema; nothing where it passes, or for what only it tries."""
    with monkeypatch.context() as patched:
        patched.setattr(Rehearsals, "answer", lambda *_, **__: NOTHING_SEEN)
        outcome = prover.prove(candidate)
    if not isinstance(outcome, Refuted):
        return ""
    failure = outcome.failures[0]
    plain = failure.rollout in ("migrate", "its graph") and failure.problem.kind not in OF_DATA
    return failure.message if plain else ""


@pytest.mark.parametrize("name", FIXTURES)
def test_what_a_plain_migrate_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build_repository(name, tmp_path / "repository")
    with Project.open(built.path) as project:
        report = make_plan(project, PlanRequest(built.case.patches))
    assert isinstance(report.outcome, Planned)
    given, safe = report.status.case.situation, report.outcome.chosen
    prover = prover_of(given)
    tried, missed = 0, []
    for what, candidate in damaged(safe.candidate, dict(given.mainline.migrations)):
        said = first_judge(prover, candidate, monkeypatch)
        if not said:
            continue
        tried += 1
        proof = with_rows_of(candidate, safe.proof)
        answer = prover.rehearsals.answer(candidate, proof, apps_of(candidate), as_expected=False)
        if not answer.disagreements:
            missed.append(f"{what}: {said}")
    assert missed == []
    assert tried > 0
