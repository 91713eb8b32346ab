"""For every fixture and every population of its plan: the repair that the ledger alone leads to is the one that the plan relies on.

By the reconciled tree alone, with the other branches at hand, and with the schema shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_repos import build_repository, case_names

from stitchback.adapters.fixture_case import FixtureCase
from stitchback.api import PlanRequest, Project, make_plan
from stitchback.errors import Refusal
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import PopulationOutcome
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport
from stitchback.repair.ledger_edits import InsertRow
from stitchback.repair.plan_script import plan_edits
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.repair_outcomes import Repair, Unrepairable
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.visible_schema import VisibleSchema


def planned(case: FixtureCase, repository: Path) -> PlanReport | None:
    options = dict(zip(case.options, case.options[1:], strict=False))
    wish = PlanRequest(
        case.patches,
        case.onto,
        strategy=options.get("--strategy"),
        zero_touch="--zero-touch" in case.options,
        unreleased_since=options.get("--unreleased-since"),
    )
    with Project.open(repository) as project:
        try:
            report = make_plan(project, wish)
        except Refusal:
            return None
    return report if isinstance(report.outcome, Planned) else None


def surroundings(
    outcome: PopulationOutcome, trees: tuple[Tree, ...], deriver: RepairPlanner
) -> Iterator[tuple[str, RepairContext]]:
    yield "the tree alone", RepairContext()
    yield "with histories", RepairContext(trees)
    rows = frozenset(outcome.population.ledger)
    for tree in trees:
        if tree.ref == outcome.population.ref:
            accounts = RecorderRules(tree)
            played = SchemaOfApplied(accounts, deriver.memory).play(accounts.standing(rows).made)
            if isinstance(played, AppliedSchema):
                yield f"as {tree.ref} made it", RepairContext(trees, VisibleSchema.showing(played.names))


@pytest.mark.parametrize("name", case_names())
def test_the_repair_is_the_plans(name: str, tmp_path: Path) -> None:
    built = build_repository(name, tmp_path / "repository")
    report = planned(built.case, built.path)
    if report is None:
        return  # refused: there is nothing to agree with
    assert isinstance(report.outcome, Planned)
    situation, safe = report.status.case.situation, report.outcome.chosen
    trees = (situation.mainline, *(tree for patch in situation.patches for tree in (patch.tree, patch.fork)))
    deriver = RepairPlanner(safe.candidate.result)
    finishing = {frozenset(each.population.ledger) for each in safe.proof.outcomes if each.finish is not None}
    for outcome in safe.proof.outcomes:
        if outcome.finish is not None:
            continue  # no row is right for it as it is; afterwards it is another one of these
        rows = frozenset(outcome.population.ledger)
        ledger = Ledger.of(*outcome.population.ledger, source=outcome.population.name)
        for how, around in surroundings(outcome, trees, deriver):
            found = deriver.derive(ledger, around)
            place = f"{outcome.population.name}, {how}: {found}"
            if (
                how == "with histories" and rows in finishing
            ):  # the same rows of two branches: the schema decides
                assert isinstance(found, Unrepairable), place
                assert found.code == "SB613", place
                continue
            assert isinstance(found, Repair), place
            assert all(isinstance(edit, InsertRow) for edit in found.edits), place
            assert sorted(edit.key for edit in found.edits if isinstance(edit, InsertRow)) == sorted(
                outcome.inserts
            ), place
            assert not found.mismatches, place


@pytest.mark.parametrize("name", case_names())
def test_the_plans_script_inserts_what_the_proof_says(name: str, tmp_path: Path) -> None:
    """By the rows alone; and nothing where the database finishes first, unless the schema decides."""
    built = build_repository(name, tmp_path / "repository")
    report = planned(built.case, built.path)
    if report is None:
        return
    assert isinstance(report.outcome, Planned)
    safe = report.outcome.chosen
    edits = plan_edits(safe.candidate, safe.proof.outcomes)
    ledgers = Counter(frozenset(outcome.population.ledger) for outcome in safe.proof.outcomes)
    for outcome in safe.proof.outcomes:
        rows = frozenset(outcome.population.ledger)
        found = {edit.key for edit in edits if edit.key not in rows and edit.guard.holds_for(rows)}
        if outcome.finish is not None and ledgers[rows] > 1:
            continue
        expected = set(outcome.inserts) if outcome.finish is None else set()
        assert found == expected, outcome.population.name
