"""What a refusal says where there is nothing to show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.planning.outcomes import Unproved
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.next_steps import status_next
from stitchback.reporting.refusal_text import unproved_lines
from stitchback.strategies.search import Composition


def said(unproved: Unproved, strategy: str | None = None) -> str:
    situation = SimpleNamespace(
        mainline=SimpleNamespace(ref="main"), policy=SimpleNamespace(strategy=strategy)
    )
    status: Any = SimpleNamespace(case=SimpleNamespace(sides=(), situation=situation))
    lines = unproved_lines(unproved, status, verbose=False)
    return " ".join(" ".join(word.plain for line in lines for word in line).split())


def test_a_refusal_without_any_proposal_says_so_and_for_what() -> None:
    unplaced = (MigrationKey("shop", "0003_x"), MigrationKey("blog", "0002_y"))
    expected = (
        "No strategy can bring shop.0003_x, blog.0002_y into main; the comparison and the findings above"
    )
    assert expected in said(Unproved((), (), unplaced))
    assert expected in said(Unproved((), (), unplaced), "diamond")


def test_a_strategy_that_fits_nothing_is_no_dead_end() -> None:
    text = said(Unproved((), ()), "skip-dropped")
    assert (
        "Strategy skip-dropped fits no migration here. Without --strategy, stitchback tries all that fit."
        in text
    )


def test_a_refusal_names_the_app_that_has_no_plan_alone() -> None:
    candidate: Any = SimpleNamespace(strategies={"blog": "diamond"})
    alone = {("blog",): Composition({}, candidate), ("shop",): None}
    text = said(Unproved((), (), alone=alone))
    assert "as if the branch had changed nothing else blog diamond shop no plan" in text


def findings(number: int) -> list[Finding]:
    notes = [Finding("SB203", Severity.NOTE, "main", None, f"note {each}") for each in range(number)]
    return [*notes, Finding("SB302", Severity.ERROR, "main", None, "two leaves")]


def test_many_findings_are_listed_with_v_alone_the_most_severe_always() -> None:
    short = ["".join(word.plain for word in line) for line in finding_lines(findings(40), verbose=False)]
    assert "  and 21 more, which `-v` lists" in short
    assert any("two leaves" in line for line in short)
    assert len(list(finding_lines(findings(40)))) > len(short)
    few = list(finding_lines(findings(10), verbose=False))
    assert few == list(finding_lines(findings(10)))


def test_nothing_is_left_is_not_said_beside_errors() -> None:
    for severity, said in (
        (Severity.ERROR, "the errors above remain"),
        (Severity.NOTE, "Nothing is left to reconcile."),
    ):
        case = SimpleNamespace(units=())
        found = (Finding("SB302", severity, "main", None, ""),)
        status: Any = SimpleNamespace(case=case, has_unread=False, findings=found)
        assert said in "".join(word.plain for line in status_next(status) for word in line)
