"""For every fixture and every candidate that is proposed for it, the slice gives the verdict of the whole graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names

from stitchback.api.planning import make_plan
from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest
from stitchback.errors import Refusal
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning.outcomes import Planned
from stitchback.proof import Prover

OPTIONS = {"--zero-touch": "zero_touch", "--unreleased-since": "unreleased_since", "--strategy": "strategy"}


@pytest.mark.parametrize("case", case_names())
def test_slice_and_whole_graph_agree(case: str, tmp_path: Path) -> None:
    for candidate, situation in proposed(case, tmp_path / "repository"):
        cut = Prover(situation).prove(candidate)
        whole = Prover(situation, slicing=False).prove(candidate)
        assert type(cut) is type(whole), (dict(candidate.strategies), cut, whole)
        assert manual_steps(cut) == manual_steps(whole)


def proposed(case: str, folder: Path) -> Iterator[tuple[Candidate, Situation]]:
    built = build_repository(case, folder)
    with Project.open(built.path) as project:
        try:
            report = make_plan(project, wish(built.case.patches, built.case.options))
        except Refusal:
            return
        outcome, situation = report.outcome, report.status.case.situation
        if isinstance(outcome, Planned):
            yield from ((plan.candidate, situation) for plan in (outcome.chosen, *outcome.others))
        yield from ((refuted.candidate, situation) for refuted in outcome.refuted)


def wish(patches: tuple[str, ...], options: tuple[str, ...]) -> PlanRequest:
    words = iter(options)
    said: dict[str, object] = {}
    for word in words:
        said[OPTIONS[word]] = True if word == "--zero-touch" else next(words)
    return PlanRequest(tuple(patches), **said)  # type: ignore[arg-type]


def manual_steps(outcome: SafePlan | Refuted) -> set[tuple[str, tuple[MigrationKey, ...]]]:
    if isinstance(outcome, Refuted):
        return set()
    return {(each.population.lineage, each.inserts) for each in outcome.proof.outcomes if each.inserts}
