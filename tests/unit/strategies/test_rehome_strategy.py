"""rehome: the patch migration's own file, and mainline's duplicate no longer contains its operations."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, manual_inserts, planned, proposed
from migration_values import add, alter_options, edited, keys, migration
from plans_by_hand import M, P, X

from stitchback.graph import MigrationGraph
from stitchback.model.migrations import Migration
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.draft import Draft
from stitchback.strategies.rehome import Rehome


def test_the_file_is_copied_and_mainlines_migration_depends_on_it() -> None:
    candidate = planned(Rehome(), case_of((P,), X, M))
    assert files(candidate) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0004_m": "after shop.0003_x shop.0003_p: empty",
    }
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0004_m is applied"]
    assert candidate.strategies == {"shop": "rehome"}
    assert candidate.result.migrations[P.key].provenance == (
        "copied shop.0003_p of release/2.4 (commit release/2.4)",
        "takes operations from shop.0004_m",
    )


def test_a_file_that_git_has_merged_is_used_where_it_is() -> None:
    candidate = planned(Rehome(), case_of((P,), X, M, P, merged=True))
    assert files(candidate)["shop.0004_m"] == "after shop.0003_x shop.0003_p: empty"
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0004_m is applied"]


def test_mainlines_squash_of_its_migration_replaces_the_copied_file_too() -> None:
    """Otherwise a fresh database would make the column twice."""
    squash = migration(
        "shop.0003_squashed",
        "shop.0002_base",
        add("item", "x"),
        add("item", "color"),
        replaces="shop.0003_x shop.0004_m",
    )
    candidate = planned(Rehome(), case_of((P,), X, M, squash))
    assert candidate.result.migrations[squash.key].ghosts == keys("shop.0003_x shop.0003_p shop.0004_m")


def test_near_miss_a_squash_of_other_migrations_stays_as_it_is() -> None:
    squash = migration("shop.0003_squashed", "shop.0002_base", add("item", "x"), replaces="shop.0003_x")
    candidate = planned(Rehome(), case_of((P,), X, M, squash))
    assert candidate.result.migrations[squash.key].ghosts == keys("shop.0003_x")


@pytest.mark.parametrize(
    "theirs",
    [(X,), (P.with_changes(blob="black"),)],
    ids=["nothing is made twice", "the same name"],
)
def test_near_miss_mainline_has_no_duplicate_under_another_name(theirs: tuple[Migration, ...]) -> None:
    assert proposed(Rehome(), case_of((P,), *theirs)) is None


def test_near_miss_a_change_that_no_database_stores() -> None:
    ours = edited(P, operations=(alter_options("item", verbose_name="item"),))
    assert proposed(Rehome(), case_of((ours,), X, M)) is None


def test_near_miss_a_patch_migration_that_makes_more() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "first")))
    assert proposed(Rehome(), case_of((ours,), X, M)) is None


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Rehome(), case_of((lost,), X, M)) is None


def test_mainlines_duplicate_has_the_name_of_the_migration_before_it() -> None:
    """The copy would be above mainline's file, and mainline's file above the copy: the proof refuses the circle, and nothing crashes."""
    options = migration("shop.0003_n", "shop.0002_base", alter_options("item", verbose_name="goods"))
    copied = migration("shop.0004_n", "shop.0003_n", add("item", "color"))
    theirs = migration("shop.0003_n", "shop.0002_base", add("item", "color"))
    case = case_of((options, copied), theirs)
    draft = Rehome().propose(Draft(case.situation.mainline), case.units[-1])
    assert draft is not None
    candidate = finish(draft, case)
    assert candidate is not None
    (circle,) = MigrationGraph.of(candidate.result).cycles
    assert set(circle) == {*keys("shop.0003_n shop.0004_n")}
