"""What a refusal says where there is nothing to show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stitchback.planning.outcomes import Unproved
from stitchback.reporting.refusal_text import unproved_lines


def test_a_refusal_without_any_proposal_says_so() -> None:
    status: Any = SimpleNamespace(
        case=SimpleNamespace(sides=(), situation=SimpleNamespace(mainline=SimpleNamespace(ref="main")))
    )
    lines = unproved_lines(Unproved((), ()), status, verbose=False)
    said = " ".join(word.text for line in lines for word in line)
    assert "No strategy finds a place on main" in " ".join(said.split())
