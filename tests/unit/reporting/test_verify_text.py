"""The results of `verify`."""

from __future__ import annotations

import pytest

from stitchback.api.verification.report import EngineReport, PopulationReport
from stitchback.reporting.verify_text import verified_lines

ONE = PopulationReport("fresh install", "fresh", (), "", (), 1, ())
ENGINE = EngineReport("sqlite", "5.2", (ONE, ONE), (), (), 9)


@pytest.mark.parametrize(
    ("planned", "explained"),
    [
        (1, "`plan` counts 1 kind of database, without the migrations that do not affect the plan."),
        (2, ""),
        (3, "`plan` counts 3 kinds of database, with every order of the migrations."),
    ],
    ids=["verify has more", "the same number", "verify has fewer"],
)
def test_another_number_of_databases_than_in_the_plan_is_explained(planned: int, explained: str) -> None:
    text = "\n".join("".join(part.plain for part in line) for line in verified_lines((ENGINE,), planned))
    assert ("`plan` counts" in text) == bool(explained)
    assert explained in " ".join(text.split())
