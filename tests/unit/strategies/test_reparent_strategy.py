"""reparent: a migration of the same name gets the dependencies that every database with it has applied."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import TRUE, add, alter, char, edited, keys, migration
from plans_by_hand import P, X

from stitchback.model.migrations import Migration
from stitchback.model.source import Opaque, Span
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


WORDED = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
LATER = migration("shop.0004_later", "shop.0003_p", alter("item", "color", char(40)))
UNREAD = Opaque("a function makes it", "made()", Span("shop/migrations/0003_p.py", 9))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (P, (edited(BACKPORTED, operations=(WORDED,)),)),
        (P, (edited(BACKPORTED, operations=(WORDED,)), LATER)),
        (edited(P, operations=(UNREAD,)), (edited(BACKPORTED, operations=(UNREAD,)),)),
    ],
    ids=["another help_text", "altered later on mainline", "the same opaque operation"],
)
def test_the_same_changes_may_differ_in_what_is_not_theirs(
    ours: Migration, theirs: tuple[Migration, ...]
) -> None:
    draft = proposed(Reparent(), case_of((ours,), X, *theirs))
    assert draft is not None
    file = draft.get_file(P.key)
    assert file.dependencies == keys("shop.0002_base")
    assert file.people == (
        "Dependencies as on release/2.4, whose databases have applied this migration without shop.0003_x.",
    )


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


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Reparent(), case_of((lost,), X, BACKPORTED)) is None


def test_near_miss_dependencies_that_patched_databases_have_applied() -> None:
    lower = edited(P, dependencies=keys("shop.0001_initial"))
    assert proposed(Reparent(), case_of((P,), X, lower)) is None


def test_near_miss_other_changes_under_the_same_name() -> None:
    longer = edited(BACKPORTED, operations=(add("item", "size"),))
    assert proposed(Reparent(), case_of((P,), X, longer)) is None
