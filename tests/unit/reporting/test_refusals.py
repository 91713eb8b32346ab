"""What a refusal says where there is nothing to show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stitchback.model.keys import MigrationKey
from stitchback.planning.outcomes import Unproved
from stitchback.reporting.refusal_text import unproved_lines


def said(unproved: Unproved, strategy: str | None = None) -> str:
    situation = SimpleNamespace(
        mainline=SimpleNamespace(ref="main"), policy=SimpleNamespace(strategy=strategy)
    )
    status: Any = SimpleNamespace(case=SimpleNamespace(sides=(), situation=situation))
    lines = unproved_lines(unproved, status, verbose=False)
    return " ".join(" ".join(word.plain for line in lines for word in line).split())


def test_a_refusal_without_any_proposal_says_so_and_for_what() -> None:
    unplaced = (MigrationKey("shop", "0003_x"), MigrationKey("blog", "0002_y"))
    expected = "No strategy can bring shop.0003_x, blog.0002_y into main; the findings above"
    assert expected in said(Unproved((), (), unplaced))
    assert expected in said(Unproved((), (), unplaced), "diamond")


def test_a_strategy_that_fits_nothing_is_no_dead_end() -> None:
    text = said(Unproved((), ()), "skip-dropped")
    assert (
        "Strategy skip-dropped fits no migration here. Without --strategy, stitchback tries all that fit."
        in text
    )
