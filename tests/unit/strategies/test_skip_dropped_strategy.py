"""skip-dropped: an alteration of what mainline has removed is made nowhere any more."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import add, alter, char, edited, key, migration, remove
from plans_by_hand import FORK, P, changed

from stitchback.model.operations import Operation
from stitchback.strategies.skip_dropped import SkipDropped

GONE = migration("shop.0004_gone", "shop.0002_base", remove("item", "label"))
LONGER = alter("item", "label", char(200))
OURS = migration("shop.0003_longer", "shop.0002_base", LONGER)


def test_nothing_is_written_and_dependencies_on_it_go_to_its_parent() -> None:
    case = case_of((OURS,), GONE)
    draft = proposed(SkipDropped(), case)
    assert draft is not None
    assert draft.replacements == {OURS.key: key("shop.0002_base")}
    candidate = planned(SkipDropped(), case)
    assert files(candidate) == {}
    assert candidate.manual_inserts == ()


@pytest.mark.parametrize(
    "operations",
    [(LONGER, add("item", "size")), (), (alter("item", "base", char(200)),)],
    ids=["it adds a column too", "it is empty", "it alters what mainline has kept"],
)
def test_near_miss_a_migration_that_does_more_or_something_else(operations: tuple[Operation, ...]) -> None:
    assert proposed(SkipDropped(), case_of((edited(OURS, operations=operations),), GONE)) is None


def test_near_miss_a_migration_that_joins_two_leaf_nodes() -> None:
    """No single migration takes its place as a dependency."""
    parents = (migration("shop.0003_a", "shop.0002_base"), migration("shop.0003_b", "shop.0002_base"))
    join = migration("shop.0004_join", "shop.0003_a shop.0003_b", LONGER)
    assert proposed(SkipDropped(), case_of((join,), GONE, fork=changed(FORK, *parents))) is None


def test_near_miss_a_migration_whose_file_git_has_merged() -> None:
    assert proposed(SkipDropped(), case_of((OURS,), GONE, OURS, merged=True)) is None


def test_near_miss_a_migration_of_the_same_name_on_mainline() -> None:
    theirs = edited(OURS, operations=(add("item", "size"),))
    gone = edited(GONE, dependencies=(OURS.key,))
    assert proposed(SkipDropped(), case_of((OURS,), theirs, gone)) is None


def test_near_miss_a_column_that_both_branches_have_added() -> None:
    assert proposed(SkipDropped(), case_of((P,), edited(P, key=key("shop.0003_m")))) is None
