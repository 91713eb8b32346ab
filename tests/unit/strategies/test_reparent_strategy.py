"""reparent: a migration of the same name gets the dependencies that every database with it has applied."""

from __future__ import annotations

from cases_by_hand import case_of, files, planned, proposed
from migration_values import TRUE, add, char, edited, keys, migration
from plans_by_hand import P, X

from stitchback.model.values import Constant
from stitchback.strategies.draft import Draft
from stitchback.strategies.reparent import Reparent

BACKPORTED = edited(P, dependencies=keys("shop.0003_x"))
CHILD = migration("shop.0004_y", "shop.0003_p", add("item", "y"))


def test_the_dependency_that_patched_databases_lack_moves_to_the_next_migration() -> None:
    candidate = planned(Reparent(), case_of((P,), X, BACKPORTED, CHILD))
    assert files(candidate) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0004_y": "after shop.0003_p shop.0003_x: AddField item.y",
    }
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "reparent"}


def test_a_leaf_node_leaves_its_dependency_to_a_merge_migration() -> None:
    assert files(planned(Reparent(), case_of((P,), X, BACKPORTED))) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0004_merge_0003_p_0003_x": "after shop.0003_p shop.0003_x: empty",
    }


def test_a_difference_that_no_database_stores_is_no_other_change() -> None:
    worded = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
    written = files(planned(Reparent(), case_of((P,), X, edited(BACKPORTED, operations=(worded,)))))
    assert written["shop.0003_p"] == "after shop.0002_base: AddField item.color"


def test_a_next_migration_that_was_backported_too_leaves_the_dependency_to_the_one_behind_it() -> None:
    """Patched databases have applied it without that dependency."""
    last = migration("shop.0005_last", "shop.0004_y", add("item", "last"))
    case = case_of((P, CHILD), X, BACKPORTED, CHILD, last)
    draft = Reparent().propose(Draft(case.situation.mainline), case.units[0])
    assert draft is not None
    assert draft.get_file(CHILD.key).dependencies == keys("shop.0003_p")
    assert draft.get_file(last.key).dependencies == keys("shop.0004_y shop.0003_x")


def test_near_miss_a_migration_of_mainline_alone() -> None:
    assert proposed(Reparent(), case_of((P,), X)) is None


def test_near_miss_dependencies_that_patched_databases_have_applied() -> None:
    lower = edited(P, dependencies=keys("shop.0001_initial"))
    assert proposed(Reparent(), case_of((P,), X, lower)) is None


def test_near_miss_other_changes_under_the_same_name() -> None:
    longer = edited(BACKPORTED, operations=(add("item", "size"),))
    assert proposed(Reparent(), case_of((P,), X, longer)) is None
