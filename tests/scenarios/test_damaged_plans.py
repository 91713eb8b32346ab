"""A plan that has lost one of its operations on the database is not proved, whatever it says of that operation in the state alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fixture_repos import build_repository
from test_plans import wish

from stitchback.api import Project, make_plan
from stitchback.model.edits import WriteFile
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Refuted
from stitchback.planning.outcomes import Planned
from stitchback.proof.proving import Prover

CASES = [
    "constraints-and-unique-together-other-spelling",
    "constraint-removed-on-both",
    "many-to-many-field",
    "other-null",
    "same-column-mid-chain",
]


def on_the_database(operation: object) -> bool:
    return isinstance(operation, Operation) and (
        operation.kind not in ("SeparateDatabaseAndState", "AlterModelOptions") or bool(operation.database)
    )


def damaged(plan: Candidate) -> Iterator[tuple[str, Candidate]]:
    """The plan without one of its operations, for each of them."""
    for edit in plan.edits:
        if isinstance(edit, WriteFile):
            operations = edit.result.operations
            for place, operation in enumerate(operations):
                if on_the_database(operation):
                    rest = edit.result.with_changes(operations=operations[:place] + operations[place + 1 :])
                    result = plan.result.with_migrations({edit.key: rest})
                    yield f"{edit.key} without {operation}", replace(plan, result=result)


@pytest.mark.parametrize("name", CASES)
def test_each_operation_on_the_database_is_needed(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    case = built.case
    with Project.open(built.path) as project:
        report = make_plan(project, wish(case.patches, case.onto, case.options))
    assert isinstance(report.outcome, Planned)
    plans = list(damaged(report.outcome.chosen.candidate))
    assert plans
    prover = Prover(report.status.case.situation)
    assert [what for what, plan in plans if not isinstance(prover.prove(plan), Refuted)] == []
