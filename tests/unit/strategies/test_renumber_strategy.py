"""renumber: mainline's unreleased migrations depend on the patch migration, under new numbers."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import add, edited, keys, migration
from plans_by_hand import BLOG, M, P, X, Y

from stitchback.model.plans import Policy
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.draft import Draft
from stitchback.strategies.renumber import Renumber


def unreleased(names: str) -> Policy:
    return Policy(unreleased=frozenset(keys(names)))


ALL_OF_MAINLINE = unreleased("shop.0003_x shop.0004_m shop.0005_y")


def test_a_chain_that_no_database_has_applied_gets_numbers_behind_the_patchs() -> None:
    candidate = planned(Renumber(), case_of((P,), X, M, Y, policy=ALL_OF_MAINLINE))
    assert files(candidate) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0003_x": "deleted",
        "shop.0004_m": "deleted",
        "shop.0004_x": "after shop.0003_p: AddField item.x",
        "shop.0005_m": "after shop.0004_x: empty",
        "shop.0005_y": "deleted",
        "shop.0006_y": "after shop.0005_m: AddField item.y",
    }
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "renumber"}


def test_numbers_that_do_not_collide_stay() -> None:
    later = migration("shop.0007_later", "shop.0002_base", add("item", "later"))
    case = case_of((P,), later, policy=unreleased("shop.0007_later"))
    assert files(planned(Renumber(), case)) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0007_later": "after shop.0003_p: AddField item.later",
    }


def test_numbers_stay_where_another_file_has_one_of_the_new_names() -> None:
    other = migration("shop.0004_x", "shop.0002_base", add("item", "other"))
    written = files(planned(Renumber(), case_of((P,), X, other, policy=unreleased("shop.0003_x"))))
    assert written["shop.0003_x"] == "after shop.0003_p: AddField item.x"


def test_a_new_name_may_be_the_old_one_of_another_renamed_migration() -> None:
    again = migration("shop.0004_x", "shop.0003_x", add("item", "again"))
    case = case_of((P,), X, again, policy=unreleased("shop.0003_x shop.0004_x"))
    assert files(planned(Renumber(), case)) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0003_x": "deleted",
        "shop.0004_x": "after shop.0003_p: AddField item.x",
        "shop.0005_x": "after shop.0004_x: AddField item.again",
    }


def test_a_name_without_a_number_stays() -> None:
    custom = migration("shop.custom", "shop.0002_base", add("item", "custom"))
    written = files(planned(Renumber(), case_of((P,), custom, policy=unreleased("shop.custom"))))
    assert written["shop.custom"] == "after shop.0003_p: AddField item.custom"


def test_dependencies_of_other_apps_get_the_new_names() -> None:
    uses = migration("blog.0002_uses", "blog.0001_initial shop.0003_x")
    written = files(planned(Renumber(), case_of((P,), X, uses, policy=unreleased("shop.0003_x"))))
    assert written["blog.0002_uses"] == "after blog.0001_initial shop.0004_x: empty"


@pytest.mark.parametrize(
    "policy",
    [Policy(), unreleased("blog.0002_z"), unreleased("shop.0009_gone")],
    ids=["all are released", "those of another app are not", "a name that mainline does not have"],
)
def test_near_miss_mainline_has_nothing_unreleased_in_the_app(policy: Policy) -> None:
    assert proposed(Renumber(), case_of((P,), X, BLOG, policy=policy)) is None


@pytest.mark.parametrize(
    "policy",
    [Policy(), unreleased("blog.0002_z"), unreleased("shop.0003_x")],
    ids=["all are released", "those of another app are not", "the one with the same column is released"],
)
def test_near_miss_migrations_that_databases_may_have_applied(policy: Policy) -> None:
    assert proposed(Renumber(), case_of((P,), X, M, policy=policy)) is None


def test_near_miss_a_migration_of_the_same_name() -> None:
    theirs = edited(P, dependencies=keys("shop.0003_x"))
    case = case_of((P,), X, theirs, policy=unreleased("shop.0003_x shop.0003_p"))
    assert proposed(Renumber(), case) is None


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Renumber(), case_of((lost,), X, M, Y, policy=ALL_OF_MAINLINE)) is None


def test_a_migration_that_the_patch_branch_has_too_keeps_its_name() -> None:
    """It was released with the branch, whatever mainline's own releases had."""
    shared = migration("shop.0003_shared", "shop.0002_base", add("item", "shared"))
    ours = migration("shop.0004_p", "shop.0003_shared", add("item", "color"))
    theirs = migration("shop.0004_m", "shop.0003_shared", add("item", "m"))
    case = case_of((shared, ours), shared, theirs, policy=unreleased("shop.0003_shared shop.0004_m"))
    draft = Draft(case.situation.mainline)
    for unit in case.units:
        draft = Renumber().propose(draft, unit) or draft
    candidate = finish(draft, case)
    assert candidate is not None
    assert files(candidate) == {
        "shop.0004_m": "deleted",
        "shop.0004_p": "after shop.0003_shared: AddField item.color",
        "shop.0005_m": "after shop.0004_p: AddField item.m",
    }
