"""Migrations whose class overrides Django's methods: no plan goes past them."""

from __future__ import annotations

import pytest
from plans_by_hand import FORK, MAIN, MAINLINE, M, P, patch, situation

from stitchback.errors import Refusal
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, Refuted, SafePlan, Situation
from stitchback.model.source import Opaque, Span
from stitchback.planning.plan import NOT_TRIED, plan

OWN = Opaque("the migration has its own apply", "def apply(self): …", Span("shop/migrations/x.py", 7))


def willed(migration: Migration) -> Migration:
    return migration.with_changes(opaque_attributes=(OWN,), own_behaviour=(OWN,))


def case_of(given: Situation) -> Case:
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    return Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))


def never(candidate: Candidate, given: Situation) -> SafePlan | Refuted:
    return Refuted(candidate, ())


@pytest.mark.parametrize(
    "given",
    [
        situation(*MAINLINE, patches=[patch(willed(P))]),
        situation(*(willed(each) if each is M else each for each in MAINLINE)),
    ],
    ids=["the patch branch's", "mainline's"],
)
def test_is_refused_with_its_place(given: Situation) -> None:
    with pytest.raises(Refusal) as refused:
        plan(case_of(given), never)
    assert refused.value.code == "SB406"
    said, untried = refused.value.evidence
    assert "shop/migrations/x.py:7: the migration has its own apply" in said
    assert untried == NOT_TRIED


def test_others_are_planned() -> None:
    other = M.with_changes(opaque_attributes=(Opaque("the migration has its own words", "", Span("x.py")),))
    for given in (MAIN, situation(*(other if each is M else each for each in MAINLINE))):
        plan(case_of(given), never)


def test_the_same_file_on_both_branches_is_nothing_to_reconcile() -> None:
    same = willed(P).with_changes(blob="same")
    plan(case_of(situation(same, patches=[patch(same, fork=FORK)])), never)
