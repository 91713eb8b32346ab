"""Where a branch has too many migrations for every set of them, what the plan changes decides which are tried; the proof says so."""

from __future__ import annotations

import pytest
from migration_values import add, char, create, integer, key, migration, tree
from plans_by_hand import changed
from random_plans import random_plan

from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, Patch, Policy, Refuted, SafePlan, Situation
from stitchback.proof import Prover
from stitchback.proof.applied_sets import closed_sets
from stitchback.proof.populations import BESIDE
from stitchback.proof.relevance import many_migrations as relevance
from stitchback.proof.relevance.many_migrations import is_too_much, what_matters

APPS = ("crm", "news", "shop", "wiki")


def chain(app: str, first: int, count: int) -> list[Migration]:
    return [
        migration(
            f"{app}.{number:04}_step", f"{app}.{number - 1:04}_step", add("item", f"f{number}", integer())
        )
        for number in range(first, first + count)
    ]


def many(count: int, *, twice: bool = True) -> tuple[Candidate, Situation]:
    """A hotfix, and a mainline that has gone on by `count` migrations in each of four apps, in the midst of them the hotfix's column
    (where it is not made `twice`, the plan has taken it out there)."""
    fork = tree(*(migration(f"{app}.0001_step", "", create("Item", label=char())) for app in APPS))
    hotfix = migration("shop.0002_hotfix", "shop.0001_step", add("item", "size", integer()))
    own = {each.key: each for app in APPS for each in chain(app, 2, count)}
    middle = own[key(f"shop.{count // 2:04}_step")]
    own[middle.key] = middle.with_changes(operations=(*middle.operations, *hotfix.operations))
    mainline = changed(fork, *own.values())
    brought = changed(
        mainline,
        hotfix,
        own[middle.key] if twice else middle.with_changes(dependencies=(*middle.dependencies, hotfix.key)),
        migration("shop.9999_merge", f"shop.{count + 1:04}_step shop.0002_hotfix"),
    )
    patch = Patch(changed(fork, hotfix), fork, (hotfix,))
    return Candidate({"shop": "by hand"}, (), brought), Situation((patch,), mainline, (), Policy())


def test_a_branch_of_some_length_is_tried_in_full_and_a_long_one_is_not() -> None:
    assert not is_too_much(many(20)[1])
    assert is_too_much(many(80)[1])


def test_what_matters_is_what_the_plan_changes_and_what_works_on_the_same_models() -> None:
    found = what_matters(*many(20))
    assert {each.app for each in found} == {"shop"}
    assert {key("shop.0002_hotfix"), key("shop.9999_merge"), key("shop.0007_step")} <= found


def test_a_wrong_plan_over_a_long_mainline_is_refuted() -> None:
    outcome = Prover(many(80)[1], slicing=False).prove(many(80)[0])
    assert isinstance(outcome, Refuted)
    assert any("column shop_item.size exists already" in failure.message for failure in outcome.failures)


def test_prefixes_around_what_matters_are_shown_and_some_between() -> None:
    steps = chain("shop", 2, 100)
    order = tuple(each.key for each in steps)
    parents = {each: frozenset(order[:number]) for number, each in enumerate(order)}
    found = closed_sets(
        (*order, *(each.key for each in chain("wiki", 2, 40))),
        {**parents, **{each.key: frozenset() for each in chain("wiki", 2, 40)}},
        matters=frozenset(order[60:61]),
    )
    shown = {applied_set.last for applied_set in found.applied_set if applied_set.matters}
    assert not found.all
    assert {order[59], order[60]} <= shown
    assert len(shown) < 40
    assert {applied_set.keys for applied_set in found.applied_set if len(applied_set.keys) == 140}


@pytest.mark.parametrize("seed", range(60))
def test_what_is_proved_in_full_is_proved_in_short_and_the_report_says_which(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate, situation = random_plan(seed)
    full = Prover(situation).prove(candidate)
    monkeypatch.setattr(relevance, "MOST_WAYS", 0)
    short = Prover(situation).prove(candidate)
    if isinstance(full, SafePlan):
        assert isinstance(short, SafePlan)
    if isinstance(short, SafePlan):
        assert any(BESIDE in said for said in short.proof.bounded)
