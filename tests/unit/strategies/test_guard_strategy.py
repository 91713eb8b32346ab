"""guard: mainline's duplicate first checks whether the database has the result already."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import TRUE, add, alter, char, create, edited, integer, keys, migration, remove, tree
from plans_by_hand import M, P, X

from stitchback.matching.case import Case
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.strategies.guard import GuardStrategy

FORK = tree(migration("shop.0001_initial", "", create("Item", old=integer(), size=char(20))), ref="v2.4")
BOTH = migration("shop.0002_new", "shop.0001_initial", add("item", "new"), remove("item", "old"))
ONE = edited(BOTH, operations=BOTH.operations[:1])
DROP = migration("shop.0003_drop", "shop.0002_new", remove("item", "old"))


def test_mainlines_duplicate_becomes_conditional_and_no_database_needs_a_manual_step() -> None:
    candidate = planned(GuardStrategy(), case_of((P,), X, M))
    assert files(candidate) == {"shop.0004_m": "after shop.0003_x: conditional AddField item.color"}
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "guard"}


def test_a_longer_column_on_mainline_is_altered_after_the_check() -> None:
    longer = edited(M, operations=(add("item", "color", char(40)),))
    assert files(planned(GuardStrategy(), case_of((P,), X, longer))) == {
        "shop.0004_m": "after shop.0003_x: conditional AddField item.color; "
        "state only AlterField item.color to 20; AlterField item.color to 40"
    }


def test_a_patch_migration_that_makes_more_comes_with_its_file_its_duplicate_conditional_too() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "first")))
    assert files(planned(GuardStrategy(), case_of((ours,), X, M))) == {
        "shop.0003_p": "after shop.0002_base: conditional AddField item.color; AddField item.first",
        "shop.0004_m": "after shop.0003_x: conditional AddField item.color",
        "shop.0005_merge_0003_p_0004_m": "after shop.0003_p shop.0004_m: empty",
    }


def test_a_column_that_sqlite_would_lose_comes_with_its_file() -> None:
    """Mainline alters the table before it adds the column: SQLite recreates it without the column (FACTS F31)."""
    longer = migration("shop.0003_longer", "shop.0002_base", alter("item", "label", char(40)))
    after = edited(M, dependencies=(longer.key,))
    candidate = planned(GuardStrategy(), case_of((P,), longer, after))
    assert files(candidate)["shop.0003_p"] == "after shop.0002_base: conditional AddField item.color"
    assert candidate.result.migrations[P.key].provenance == (
        "copied shop.0003_p of release/2.4 (commit release/2.4)",
    )


def test_an_alteration_of_what_mainline_has_removed_is_left_out_of_the_file() -> None:
    ours = edited(P, operations=(alter("item", "label", char(40)), *P.operations, add("item", "first")))
    theirs = migration("shop.0003_m", "shop.0002_base", remove("item", "label"), add("item", "color"))
    assert files(planned(GuardStrategy(), case_of((ours,), theirs)))["shop.0003_p"] == (
        "after shop.0002_base: conditional AddField item.color; AddField item.first"
    )


def test_a_column_in_another_shape_beside_one_of_the_patchs_alone_is_conditional_on_both_sides() -> None:
    ours = migration(
        "shop.0002_sync", "shop.0001_initial", add("item", "last", char(20)), add("item", "first")
    )
    theirs = migration("shop.0002_last", "shop.0001_initial", add("item", "last", char(40)))
    written = files(planned(GuardStrategy(), case_of((ours,), theirs, fork=FORK)))
    assert {name: words.count("conditional") for name, words in written.items()} == {
        "shop.0002_sync": 1,
        "shop.0002_last": 1,
        "shop.0003_merge_0002_last_0002_sync": 0,
    }


def test_a_column_that_only_mainline_indexes_is_created_in_the_patchs_shape_first() -> None:
    """Altering a column that has mainline's index already would create the index once more."""
    ours = migration(
        "shop.0002_sync", "shop.0001_initial", add("item", "last", char(20)), add("item", "first")
    )
    for theirs, kinds, first_shape in (
        (char(40, db_index=TRUE), ["AddField", "AlterField"], char(20)),
        (char(40), ["AddField", "SeparateDatabaseAndState", "AlterField"], char(40)),
    ):
        last = migration("shop.0002_last", "shop.0001_initial", add("item", "last", theirs))
        candidate = planned(GuardStrategy(), case_of((ours,), last, fork=FORK))
        made = [
            each for each in candidate.result.migrations[last.key].operations if isinstance(each, Operation)
        ]
        assert [each.kind for each in made] == kinds
        assert (made[0].conditional, made[0].argument("field")) == (True, first_shape)
        assert made[-1].argument("field") == theirs


def test_a_removal_that_mainline_has_moved_to_a_later_migration_is_conditional_there() -> None:
    assert files(planned(GuardStrategy(), case_of((BOTH,), ONE, DROP, fork=FORK))) == {
        "shop.0003_drop": "after shop.0002_new: conditional RemoveField item.old"
    }


def test_a_file_that_git_has_merged_stays_with_its_duplicate_conditional() -> None:
    assert files(planned(GuardStrategy(), case_of((P,), X, M, P, merged=True))) == {
        "shop.0003_p": "after shop.0002_base: conditional AddField item.color",
        "shop.0004_m": "after shop.0003_x: conditional AddField item.color",
        "shop.0005_merge_0003_p_0004_m": "after shop.0003_p shop.0004_m: empty",
    }


def test_near_miss_mainline_has_no_duplicate() -> None:
    assert proposed(GuardStrategy(), case_of((P,), X)) is None


def test_near_miss_an_alteration_to_another_shape_beside_a_column_of_the_patchs_alone() -> None:
    """Whichever ran last would decide."""
    ours = edited(P, operations=(alter("item", "label", char(30)), add("item", "first")))
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", char(40)))
    assert proposed(GuardStrategy(), case_of((ours,), theirs)) is None


def test_near_miss_a_patch_migration_with_an_opaque_operation() -> None:
    opaque = Opaque("a function makes it", "made()", Span("shop/migrations/0003_p.py", 9))
    ours = edited(P, operations=(*P.operations, add("item", "first"), opaque))
    assert proposed(GuardStrategy(), case_of((ours,), X, M)) is None


def test_near_miss_a_file_with_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, operations=(*P.operations, add("item", "first")), dependencies=keys("shop.0003_lost"))
    assert proposed(GuardStrategy(), case_of((lost,), X, M)) is None


def moved(theirs: Migration, *more: Migration) -> Case:
    return case_of((BOTH,), theirs, *more, DROP, fork=FORK)


@pytest.mark.parametrize(
    "case",
    [
        moved(edited(ONE, operations=(*ONE.operations, add("item", "more")))),
        moved(
            edited(ONE, dependencies=keys("shop.0002_own")),
            migration("shop.0002_own", "shop.0001_initial", add("item", "own")),
        ),
        moved(edited(ONE, operations=(add("item", "new", char(40)),))),
        moved(edited(ONE, operations=())),
        case_of((BOTH,), BOTH.with_changes(blob="black"), fork=FORK),
        case_of((BOTH,), ONE, fork=FORK),
    ],
    ids=[
        "it makes more",
        "it depends on more",
        "a longer column",
        "it makes less",
        "nothing has moved",
        "the removal is nowhere",
    ],
)
def test_near_miss_a_file_of_the_same_name_that_has_not_just_moved_an_operation(case: Case) -> None:
    assert proposed(GuardStrategy(), case) is None
