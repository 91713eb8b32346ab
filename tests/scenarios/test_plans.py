"""Every fixture repository: what `status` and `plan` say of it is what its case.toml says."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names

from stitchback.api import PlanRequest, Project, make_plan
from stitchback.errors import Refusal
from stitchback.model.plans import Refuted
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport

Options = tuple[str, ...]

# Cases in which nothing can be planned at all: there is no report then.
REFUSED_AT_ONCE = ("app-label-renamed-without-replaces", "dangling-parent-nowhere")


def option(options: Options, name: str) -> str | None:
    return options[options.index(name) + 1] if name in options else None


def wish(patches: tuple[str, ...], onto: str, options: Options) -> PlanRequest:
    return PlanRequest(
        patches,
        onto,
        strategy=option(options, "--strategy"),
        zero_touch="--zero-touch" in options,
        unreleased_since=option(options, "--unreleased-since"),
    )


def disagreements(report: PlanReport) -> list[Refuted]:
    """Plans that the simulation let through and the rehearsal did not."""
    assert isinstance(report.outcome, Planned)
    return [each for each in report.outcome.refuted if each.contradicted is not None]


def manual_steps(report: PlanReport) -> list[str]:
    """The lineages of the populations that need a hand."""
    assert isinstance(report.outcome, Planned)
    return sorted(
        {outcome.population.lineage for outcome in report.outcome.chosen.proof.outcomes if outcome.inserts}
    )


def finishing(report: PlanReport) -> list[str]:
    """The lineages of the populations that finish their release first."""
    assert isinstance(report.outcome, Planned)
    return sorted({each.population.lineage for each in report.outcome.chosen.proof.outcomes if each.finish})


@pytest.mark.parametrize("name", case_names())
def test_the_plan_is_the_one_of_the_case(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    case, expected = built.case, built.case.expect
    with Project.open(built.path) as project:
        wanted = wish(case.patches, case.onto, case.options)
        if name in REFUSED_AT_ONCE:
            with pytest.raises(Refusal):
                make_plan(project, wanted)
            return
        report = make_plan(project, wanted)
    assert report.exit_code == expected.exit
    verdicts = {match.verdict.value for matches in report.status.case.situation.matches for match in matches}
    assert verdicts == set(expected.verdicts)
    codes = {finding.code for finding in report.status.findings}
    assert codes == set(expected.findings)
    if isinstance(report.outcome, Planned):
        assert dict(report.outcome.chosen.candidate.strategies) == dict(expected.strategies)
        assert manual_steps(report) == sorted(expected.manual_steps)
        assert finishing(report) == sorted(expected.finish_first)
        broken_on_mainline = report.outcome.chosen.proof.broken_on_mainline
        assert disagreements(report) == []
        rehearsal = report.outcome.chosen.proof.rehearsal
        assert rehearsal is not None
        assert rehearsal.rehearsed == rehearsal.total
        assert [each.population for each in broken_on_mainline] == list(expected.left_out)


def test_each_strategy_converges_a_unique_together_in_another_order(tmp_path: Path) -> None:
    """The patched table has its index in the other order: what makes the table conditional makes the index so, too."""
    built = build_repository("unique-together-in-another-order", tmp_path / "repository")
    with Project.open(built.path) as project:
        report = make_plan(project, wish(built.case.patches, built.case.onto, ()))
    assert isinstance(report.outcome, Planned)
    plans = (report.outcome.chosen, *report.outcome.others)
    assert {name for plan in plans for name in plan.candidate.strategies.values()} == {
        "diamond",
        "rehome",
        "guard",
    }
