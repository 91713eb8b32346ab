"""The results of `verify`."""

from __future__ import annotations

import pytest

from stitchback.model.plans import Failure
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.verify_reports import EngineReport, PopulationReport
from stitchback.reporting.html_reports import engine_table
from stitchback.reporting.verify_text import verified_lines

ONE = PopulationReport("fresh install", "fresh", (), "", (), 1, ())
KIND = next(iter(ProblemKind))
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


def test_a_difference_stands_with_its_database_and_one_of_the_tree_below() -> None:
    of_tree = Failure(
        "the tree", "fresh install", "makemigrations", Problem(KIND, message="a model has no migration")
    )
    of_one = Failure("fresh install", "migrate", "schema", Problem(KIND, message="column x is missing"))
    bad = PopulationReport("fresh install", "fresh", (), "UPDATE", (), 1, (of_one,), finished_first=True)
    engine = EngineReport("sqlite", "5.2", (bad,), (of_tree, of_one), ("a remark",), 9)
    found = engine_table(engine, 0, 1)
    assert found["rows"][0][1:] == [
        {"text": "migrated to the end of its old code, repaired", "tone": "warn"},
        "nothing",
        "1",
        ["fresh install: migrate: schema: column x is missing"],
    ]
    assert found["notes"] == [
        "Differs: the tree: fresh install: makemigrations: a model has no migration",
        "a remark",
    ]
    assert (found["lines"][0], found["tone"]) == ("2 differences.", "bad")
