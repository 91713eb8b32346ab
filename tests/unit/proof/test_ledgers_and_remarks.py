"""Real ledgers in a proof, and what a proof says that it did not try."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import create, keys, migration, operation, run_python
from plans_by_hand import DIAMOND, EMPTY_M, HAND, MAIN, M, S, X, Y, candidate, changed, situation

from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Policy, PopulationOutcome, Proof, Refuted, SafePlan, Situation
from stitchback.model.source import Opaque, Span
from stitchback.proof import prove

BELOW = "blog.0001_initial shop.0001_initial shop.0002_base"


def proved_with(rows: str, *, policy: Policy | None = None, plan: Candidate = DIAMOND) -> Proof:
    given = replace(MAIN, ledgers=(Ledger.of(*keys(rows), source="prod.csv"),), policy=policy or Policy())
    outcome = prove(plan, given)
    assert isinstance(outcome, SafePlan), outcome.failures
    return outcome.proof


def of_ledger(proof: Proof) -> PopulationOutcome:
    return next(each for each in proof.outcomes if each.population.lineage == "ledger")


def test_a_ledger_of_a_patched_database_needs_nothing() -> None:
    found = of_ledger(proved_with(f"{BELOW} shop.0003_p"))
    assert found.inserts == ()
    assert set(found.will_run) == set(keys("blog.0002_z shop.0003_x shop.0004_m shop.0005_y"))


def test_a_ledger_with_rows_of_installed_packages_and_of_other_times() -> None:
    found = of_ledger(proved_with(f"auth.0001_initial old.0007_gone {BELOW} shop.0003_x"))
    assert found.inserts == ()
    assert keys("old.0007_gone")[0] in found.population.ledger


def test_a_ledger_of_mainline_gets_its_row() -> None:
    found = of_ledger(proved_with(f"{BELOW} shop.0003_x shop.0004_m blog.0002_z"))
    assert found.inserts == keys("shop.0003_p")
    assert found.will_run == keys("shop.0005_y")


def test_a_ledger_that_was_repaired_already_needs_nothing_more() -> None:
    assert of_ledger(proved_with(f"{BELOW} shop.0003_x shop.0004_m shop.0003_p")).inserts == ()


def test_a_ledger_that_the_deploy_has_left_half_way() -> None:
    found = of_ledger(proved_with(f"{BELOW} shop.0003_p shop.0003_s shop.0003_x"))
    assert found.inserts == ()
    assert set(found.will_run) == set(keys("blog.0002_z shop.0004_m shop.0005_y"))


def test_a_ledger_may_not_need_a_row_where_nobody_may() -> None:
    given = replace(
        MAIN,
        ledgers=(Ledger.of(*keys(f"{BELOW} shop.0003_x shop.0004_m"), source="prod.csv"),),
        policy=Policy(zero_touch=True),
    )
    assert isinstance(prove(DIAMOND, given), Refuted)


def test_a_ledger_behind_the_fork_point_is_proved_from_where_it_is() -> None:
    found = of_ledger(proved_with("shop.0001_initial"))
    assert found.inserts == ()
    assert set(found.will_run) == set(DIAMOND.result.migrations) - set(keys("shop.0001_initial"))


@pytest.mark.parametrize("unreadable", ["operation", "dependency", "kind"])
def test_what_cannot_be_read_is_said(unreadable: str) -> None:
    opaque = Opaque("built by a loop", "made()", Span("shop/migrations/0004_m.py", 12))
    m = EMPTY_M.with_changes(dependencies=keys("shop.0003_x shop.0003_s"))
    own = M
    match unreadable:
        case "operation":
            own, m = M.with_changes(operations=(*M.operations, opaque)), m.with_changes(operations=(opaque,))
        case "dependency":
            own = M.with_changes(dependencies=(*M.dependencies, opaque))
            m = m.with_changes(dependencies=(*m.dependencies, opaque))
        case _:
            strange = operation("AddFieldSafely")
            own, m = (
                M.with_changes(operations=(*M.operations, strange)),
                m.with_changes(operations=(strange,)),
            )
    given = situation(X, own, Y)
    outcome = prove(candidate(given, S, m, hand=HAND), given)
    assert isinstance(outcome, SafePlan), outcome.failures
    assert any(
        said.startswith("shop.0004_m: ") and said.endswith(("ignored", "exactly once"))
        for said in outcome.proof.bounded
    )


def test_work_on_data_elsewhere_says_nothing() -> None:
    other = migration("crm.0001_initial", "", create("Deal"), run_python("fill"))
    onto = changed(MAIN.mainline, other)
    given = Situation(MAIN.patches, Tree("main", "main", onto.migrations), ())
    plan = Candidate({}, (), changed(DIAMOND.result, other), DIAMOND.manual_inserts)
    outcome = prove(plan, given)
    assert isinstance(outcome, SafePlan)
    assert outcome.proof.bounded == ()
