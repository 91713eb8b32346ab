"""What the proof says of a forgotten manual step is what real Django does on SQLite: no database gets its row here."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

import pytest
from command_line import stitchback
from fixture_repos import build_repository
from harness import court, nothing

from stitchback.api import PlanRequest, Project, make_plan
from stitchback.model.plans import Damages, Forgotten, Harmless, Leaves, Stops
from stitchback.model.verify_reports import PopulationReport
from stitchback.planning.outcomes import Planned

PLANS = (
    ("same-column-after-fork", "adopt"),
    ("same-column-after-fork", "diamond"),
    ("same-nullable-column-after-fork", "adopt"),
    ("file-brought-onto-stitched-migrations", "diamond"),
)


@pytest.mark.parametrize(("name", "strategy"), PLANS)
def test_without_the_row_django_does_what_the_proof_says(name: str, strategy: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    with Project.open(built.path) as project:
        report = make_plan(project, PlanRequest(built.case.patches, built.case.onto, strategy=strategy))
    assert isinstance(report.outcome, Planned)
    outcomes = {each.population.name: each for each in report.outcome.chosen.proof.outcomes}
    said = stitchback(built.path, "apply", *built.case.patches, "--strategy", strategy, "--yes")
    assert said.exit_code == 0
    with court(built) as bench:
        judged = bench.judge(nothing)
    compared = 0
    for population in judged.populations:
        if population.name in outcomes:
            agree(population, outcomes[population.name].forgotten)
            compared += 1
    assert compared == len(outcomes)


def agree(population: PopulationReport, forgotten: Forgotten | None) -> None:
    said = "\n".join(map(str, population.differences))
    match forgotten:
        case None | Harmless():
            assert said == ""
        case Stops(at=at, message=message):
            assert (message if at is None else "Error: ") in said
            assert "values of" not in said
        case Damages(resets=resets):
            assert resets
            assert all(f"values of {column}" in said for column in resets)
            assert "Error: " not in said
            assert ("the next release: afterwards" in said) >= forgotten.next_release
        case Leaves(next_release=next_release):
            assert "Error: " not in said
            assert ("the next release: afterwards" in said) >= next_release
            assert said
        case _:
            assert_never(forgotten)
