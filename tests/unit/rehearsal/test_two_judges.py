"""A plan is safe when both judges have passed it. Here the first one is made blind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository
from migration_values import add, char, integer, key, migration, worded
from plans_by_hand import DIAMOND, HAND, MAIN, M, P, X, Y, candidate, patch, situation

from stitchback.engine.rollouts import MOST_RUNS_BESIDE
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.model.problems import Moment
from stitchback.proof import Prover, prove
from stitchback.proof.data_runs import DataWork
from stitchback.proof.final_state_checks import FinalStateChecks
from stitchback.proof.rehearsals import NO_TIME, Rehearsals, failures, first_of
from stitchback.rehearsal import Disagreement, RehearsalAnswer

SEEN = Disagreement(
    "fresh install", "migrate", key("shop.0004_x"), worded("OperationalError: \x1b[2J no such column"), True
)


def refused(plan: Candidate, given: Situation) -> Refuted:
    outcome = Prover(given).prove(plan)
    assert isinstance(outcome, Refuted)
    return outcome


def test_both_pass() -> None:
    outcome = prove(DIAMOND, MAIN)
    assert isinstance(outcome, SafePlan)
    done = outcome.proof.rehearsal
    assert done is not None
    assert done.rehearsed == done.total == len(outcome.proof.outcomes)
    assert done.aside == ()


def test_what_the_first_refuses_is_not_rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rehearsals, "answer", lambda *_, **__: pytest.fail("rehearsed"))
    assert refused(candidate(MAIN), MAIN).contradicted is None


def test_a_blind_eye_for_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """FACTS F17: the same name, another column."""
    other = M.with_changes(
        key=P.key, operations=(add("item", "size", integer()),), dependencies=P.dependencies
    )
    given = situation(other, patches=[patch(P)])
    assert refused(candidate(given), given).contradicted is None
    monkeypatch.setattr(FinalStateChecks, "schema", lambda *_: iter(()))
    monkeypatch.setattr("stitchback.proof.attempt.models_changed", lambda *_: ())
    found = refused(candidate(given), given)
    assert found.contradicted is not None
    assert [each.message for each in found.failures] == [
        "column shop_item.color is unexpected",
        "column shop_item.size is missing",
    ]
    assert {each.population for each in found.failures} == {"release/2.4 up to shop.0003_p"}


def test_a_blind_eye_for_data(monkeypatch: pytest.MonkeyPatch) -> None:
    from migration_values import run_python

    fill = run_python("fill")
    ours = P.with_changes(operations=(*P.operations, fill))
    theirs = M.with_changes(operations=(*M.operations, fill))
    given = situation(X, theirs, Y, patches=[patch(ours)])
    base = candidate(given, hand=HAND)
    plan = replace(
        base,
        result=base.result.with_migrations(
            {
                key: each
                for each in (
                    migration("shop.0003_s", "shop.0002_base", *P.operations, replaces="shop.0003_p"),
                    theirs.with_changes(
                        operations=(fill,),
                        dependencies=(*theirs.dependencies, *migration("shop.9", "shop.0003_s").dependencies),
                    ),
                )
                for key in (each.key,)
            }
        ),
    )
    assert refused(plan, given).contradicted is None
    monkeypatch.setattr(DataWork, "wrong", lambda *_: iter(()))
    found = refused(plan, given)
    assert found.contradicted is not None
    assert "its data operation has run 2 times" in found.failures[0].message


def test_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    given = replace(MAIN, policy=replace(MAIN.policy, rehearsed_databases=2))
    outcome = Prover(given).prove(DIAMOND)
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.rehearsal is not None
    assert outcome.proof.rehearsal.rehearsed == 2
    first = Prover(replace(MAIN, policy=replace(MAIN.policy, rehearsal_seconds=1e-9))).prove(DIAMOND)
    assert isinstance(first, SafePlan)
    assert first.proof.rehearsal is not None
    assert first.proof.rehearsal.rehearsed == len(first_of(first.proof.outcomes))
    assert first.proof.rehearsal.rehearsed < first.proof.rehearsal.total


def hasty(seconds: float) -> Situation:
    return replace(MAIN, policy=replace(MAIN.policy, rehearsal_most_seconds=seconds))


def test_no_plan_is_proved_without_the_first_databases() -> None:
    found = refused(DIAMOND, hasty(1e-9))
    assert found.contradicted is None
    assert found.missed == (
        "fresh install",
        "fork point of release/2.4",
        "release/2.4 up to shop.0003_p",
        "main up to shop.0005_y",
    )
    assert {(each.step, each.message) for each in found.failures} == {(Moment.NOT_FINISHED, NO_TIME)}


def test_a_failure_that_was_seen_in_time_is_the_reason() -> None:
    """Of the databases that are rehearsed before there is no time any more."""
    answer = RehearsalAnswer("5.2", "", 1, 4, (SEEN,), missed=("main",))
    assert [each.message for each in failures(answer)] == [SEEN.message]
    assert [each.population for each in failures(replace(answer, disagreements=()))] == ["main"]


def test_a_listed_plan_has_less_time_and_ends_the_search_for_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = replace(MAIN, policy=replace(MAIN.policy, rehearsal_seconds=1e-9))
    prover = Prover(given)
    beside = prover.prove(DIAMOND, MOST_RUNS_BESIDE)
    assert isinstance(beside, Refuted)
    assert beside.missed
    assert isinstance(prover.prove(DIAMOND), SafePlan)


def test_the_report_of_a_plan_without_time(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit 3, what was not rehearsed, and what to write for more time; which then proves it."""
    commands = Commands(capsys)
    folder = build_repository("same-column-mid-chain", tmp_path / "r").path
    project = folder / "pyproject.toml"
    before = project.read_text() if project.exists() else ""
    project.write_text(f"{before}\n[tool.stitchback]\nrehearsal_most_seconds = 0.000001\n")
    done = commands.run(folder, "plan", "release/2.4")
    assert done.code == 3
    assert "Proved" not in done.stdout
    assert "Refused: no plan could be proved" in done.stdout
    assert "SB414  there was not enough time to rehearse fresh install; " in done.stdout
    assert "rehearsal_most_seconds = 600" in done.stdout
    assert "SB413" not in done.stdout
    document = json.loads(commands.run(folder, "plan", "release/2.4", "--format", "json").stdout)
    assert "SB414" in {each["code"] for each in document["refused"]} <= {"SB414", None}
    assert commands.run(folder, "apply", "release/2.4", "--yes").code == 3
    assert commands.run(folder, "explain", "SB414").code == 0
    project.write_text(f"{before}\n[tool.stitchback]\nrehearsal_most_seconds = 600\n")
    assert "Proved" in commands.run(folder, "plan", "release/2.4").stdout


def test_a_custom_field_is_named() -> None:
    barcode = char(9).__class__(type(char().callee)("shop.fields.Barcode"), (), char(9).kwargs)
    ours = P.with_changes(operations=(add("item", "color", barcode),))
    given = situation(X, patches=[patch(ours)])
    outcome = prove(candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given)
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.rehearsal is not None
    assert outcome.proof.rehearsal.aside == ("shop.fields.Barcode as TextField",)


@pytest.fixture
def _second_judge_refuses_the_diamond(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Rehearsals.answer

    def answer(self: Rehearsals, plan: Candidate, *rest: object, **more: bool) -> RehearsalAnswer:
        found = real(self, plan, *rest, **more)  # type: ignore[arg-type]
        if "diamond" not in plan.strategies.values():
            return found
        return replace(found, disagreements=(SEEN,))

    monkeypatch.setattr(Rehearsals, "answer", answer)


@pytest.mark.usefixtures("_second_judge_refuses_the_diamond")
def test_the_report_of_a_disagreement(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The next plan is taken, and the refused one is still named; alone it is refused, exit 3."""
    commands = Commands(capsys)
    folder = build_repository("same-column-mid-chain", tmp_path / "r").path
    done = commands.run(folder, "plan", "release/2.4")
    assert done.code == 1
    assert "Plan (strategy rehome)" in done.stdout
    assert "SB413  the two checks disagree" in done.stdout
    assert "the simulation: 7 kinds of database" in done.stdout
    assert "the rehearsal: fresh install, shop.0004_x: OperationalError:" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Please report it" in done.stdout
    document = json.loads(commands.run(folder, "plan", "release/2.4", "--format", "json").stdout)
    assert [each["code"] for each in document["refused"]].count("SB413") == 1
    assert document["plan"]["proof"]["rehearsal"]["rehearsed"] == 7
    alone = commands.run(folder, "plan", "release/2.4", "--strategy", "diamond")
    assert alone.code == 3
    assert "SB413" in alone.stdout
    assert "Refused: no plan could be proved" in alone.stdout
    assert commands.run(folder, "explain", "SB413").code == 0
