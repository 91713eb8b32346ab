"""The second judge alone, without a proof before it."""

from __future__ import annotations

from stitchback.model.plans import FRESH, MAINLINE, Candidate, Population, PopulationOutcome, Proof, Situation
from stitchback.proof.rehearsals import Rehearsals
from stitchback.rehearsal import RehearsalAnswer


def rehearsed(candidate: Candidate, situation: Situation) -> RehearsalAnswer:
    """A fresh install, the fork points, and the tips of the patch branches and of mainline."""
    return Rehearsals(situation).answer(
        candidate, proof_of(candidate, situation), apps_of(candidate), as_expected=False
    )


def apps_of(candidate: Candidate) -> tuple[str, ...]:
    return tuple(sorted({key.app for key in candidate.result.migrations}))


def proof_of(candidate: Candidate, situation: Situation) -> Proof:
    mainline = situation.mainline
    rows = tuple(sorted(mainline.migrations))
    inserts = tuple(
        each.insert for each in candidate.manual_inserts if {*each.applied} <= {*rows} - {each.insert}
    )
    populations = (
        PopulationOutcome(Population("fresh install", FRESH, mainline.ref, ()), (), 0, (), ()),
        PopulationOutcome(Population("main", MAINLINE, mainline.ref, rows), inserts, 0, (), ()),
    )
    return Proof("", populations, 0, 0, 0)


def refusals(candidate: Candidate, situation: Situation) -> str:
    """All that refuses the plan, one line each: "database | act | step | message"."""
    answer = rehearsed(candidate, situation)
    return "\n".join(
        f"{each.population} | {each.rollout} | {each.step} | {each.message}" for each in answer.disagreements
    )
