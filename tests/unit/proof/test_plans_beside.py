"""Plans that are listed beside the chosen one are proved with a lower bound; the chosen one never is."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_repos import build_repository

from stitchback.api import PlanRequest, Project
from stitchback.api.reading_cases import read_case
from stitchback.engine import rollouts
from stitchback.matching.case import Case
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.planning.outcomes import Planned
from stitchback.planning.plan import plan
from stitchback.proof import Prover, prove, prove_beside

PLANNING = importlib.import_module("stitchback.planning.plan")  # the package names a function like it
LEFT_OUT = "two partial migrates after each other, on some databases"


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """Of the fixture that is asked for."""
    built = build_repository(getattr(request, "param", "same-column-mid-chain"), tmp_path / "repository")
    with Project.open(built.path) as project:
        yield read_case(project, PlanRequest(built.case.patches, built.case.onto))


def test_the_first_proved_plan_and_no_other_has_the_whole_bound(case: Case) -> None:
    asked: list[tuple[str, bool]] = []

    def whole(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        found = prove(candidate, situation)
        asked.append(("whole", isinstance(found, SafePlan)))
        return found

    def beside(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        found = prove_beside(candidate, situation)
        asked.append(("beside", isinstance(found, SafePlan)))
        return found

    found = plan(case, whole, beside=beside)
    assert isinstance(found, Planned)
    assert found.others
    assert asked.count(("whole", True)) == 1
    assert [how for how, _ in asked[asked.index(("whole", True)) + 1 :]] == ["beside"] * (
        len(asked) - asked.index(("whole", True)) - 1
    )


def test_a_cheaper_one_is_chosen_only_after_the_whole_proof(case: Case) -> None:
    """The price counts the hands that a proof found: what is proved first need not be the cheapest."""
    first = plan(case, prove)
    assert isinstance(first, Planned)
    dear, cheap = first.others[-1].candidate, first.chosen.candidate
    asked: list[Candidate] = []

    def whole(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        asked.append(candidate)
        return prove(candidate, situation)

    def strict(candidate: Candidate, situation: Situation) -> SafePlan | Refuted:
        return prove(candidate, situation) if candidate is dear else Refuted(candidate, ())

    found = PLANNING._proved([dear, cheap], case.situation, whole, prove_beside)
    assert [asked[0] is dear, asked[1] is cheap, found.chosen.candidate is cheap] == [True] * 3
    refused = PLANNING._proved([dear, cheap], case.situation, strict, prove_beside)
    assert refused.chosen.candidate is dear
    assert [each.candidate for each in refused.refuted] == [cheap]
    assert refused.others == ()


def test_what_a_lower_bound_leaves_out_is_named(case: Case) -> None:
    first = plan(case, prove)
    assert isinstance(first, Planned)
    low = Prover(case.situation).prove(first.chosen.candidate, 0)
    assert isinstance(low, SafePlan)
    assert LEFT_OUT in low.proof.bounded
    assert LEFT_OUT not in first.chosen.proof.bounded


IN_FULL_ONLY = re.compile(r"partial migrates of (\d+) of (\d+) kinds of database: too many states")


@pytest.mark.parametrize("case", ["altered-then-gone-with-more"], indirect=True)
def test_where_there_are_too_many_states_partial_migrates_are_left_and_that_is_named(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan(case, prove)
    assert isinstance(first, Planned)
    found: list[tuple[int, int]] = []  # kinds that were tried with full migrates only, runs
    for most in range(40):
        monkeypatch.setattr(rollouts, "MOST_STATES_IN_PART", most)
        proved = Prover(case.situation).prove(first.chosen.candidate)
        assert isinstance(proved, SafePlan)
        said = [each for each in map(IN_FULL_ONLY.fullmatch, proved.proof.bounded) if each]
        assert {int(each[2]) for each in said} <= {len(proved.proof.outcomes)}
        found.append((sum(int(each[1]) for each in said), proved.proof.simulated_runs))
    kinds = len(first.chosen.proof.outcomes)
    assert found == sorted(found, key=lambda each: (-each[0], each[1]))
    assert found[0][0] == kinds
    assert any(0 < each[0] < kinds for each in found)
    assert found[-1] == (0, first.chosen.proof.simulated_runs)


def test_a_plan_that_only_full_migrates_refute_is_refused_without_partial_ones(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollouts, "MOST_STATES_IN_PART", 0)
    untouched = Candidate({}, (), case.situation.mainline)
    assert isinstance(Prover(case.situation).prove(untouched), Refuted)
