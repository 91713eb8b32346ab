"""diamond: a stitched migration makes the change, and mainline's own no longer contains it."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, manual_inserts, planned, proposed
from migration_values import TRUE, add, alter, alter_options, char, edited, key, keys, migration
from plans_by_hand import M, P, X

from stitchback.model.migrations import Migration
from stitchback.model.values import Constant
from stitchback.strategies.diamond import Diamond

SAME = migration("shop.0003_m", "shop.0002_base", add("item", "color"))


def test_the_stitched_migration_replaces_the_patchs_and_mainlines_depends_on_it() -> None:
    candidate = planned(Diamond(), case_of((P,), X, M))
    assert files(candidate) == {
        "shop.0003_stitched_p": "after shop.0002_base, replaces shop.0003_p: AddField item.color",
        "shop.0004_m": "after shop.0003_x shop.0003_stitched_p: empty",
    }
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0004_m is applied"]
    assert candidate.strategies == {"shop": "diamond"}
    assert candidate.result.migrations[key("shop.0003_stitched_p")].provenance == (
        "replaces shop.0003_p of release/2.4 (commit release/2.4)",
        "takes operations from shop.0004_m",
    )


@pytest.mark.parametrize(
    "theirs",
    [
        (X, M, migration("shop.0005_longer", "shop.0004_m", alter("item", "color", char(40)))),
        (X, edited(M, operations=(add("item", "color", char(null=TRUE, help_text=Constant("in words"))),))),
    ],
    ids=["mainline has made it longer since", "another help_text"],
)
def test_a_later_alteration_or_another_help_text_makes_no_difference(theirs: tuple[Migration, ...]) -> None:
    written = files(planned(Diamond(), case_of((P,), *theirs)))
    assert (
        written["shop.0003_stitched_p"] == "after shop.0002_base, replaces shop.0003_p: AddField item.color"
    )


def test_the_rest_of_mainlines_migration_stays_there() -> None:
    theirs = edited(SAME, operations=(*SAME.operations, add("item", "size")))
    assert (
        files(planned(Diamond(), case_of((P,), theirs)))["shop.0003_m"]
        == "after shop.0002_base shop.0003_stitched_p: AddField item.size"
    )


def test_a_change_that_mainline_made_in_two_migrations_is_taken_from_both() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "size")))
    size = migration("shop.0004_size", "shop.0003_m", add("item", "size"))
    candidate = planned(Diamond(), case_of((ours,), SAME, size))
    assert files(candidate) == {
        "shop.0003_m": "after shop.0002_base shop.0003_stitched_p: empty",
        "shop.0003_stitched_p": "after shop.0002_base, replaces shop.0003_p: AddField item.color; AddField item.size",
        "shop.0004_size": "after shop.0003_m: empty",
    }
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0003_m shop.0004_size is applied"]


@pytest.mark.parametrize(
    "theirs",
    [edited(SAME, operations=(add("item", "color", char(40)),)), X, P.with_changes(blob="black")],
    ids=["another length", "another column", "the same name"],
)
def test_near_miss_a_migration_of_mainline_that_does_not_make_the_same(theirs: Migration) -> None:
    assert proposed(Diamond(), case_of((P,), theirs)) is None


def test_near_miss_two_columns_of_which_mainline_has_one_longer() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "size")))
    theirs = edited(SAME, operations=(*SAME.operations, add("item", "size", char(40, null=TRUE))))
    assert proposed(Diamond(), case_of((ours,), theirs)) is None


def test_near_miss_a_change_that_no_database_stores() -> None:
    ours = edited(P, operations=(alter_options("item", verbose_name="item"),))
    assert proposed(Diamond(), case_of((ours,), SAME)) is None


def test_near_miss_a_patch_migration_that_makes_more() -> None:
    """Databases of mainline lack the rest, and a row would say that they have it."""
    ours = edited(P, operations=(*P.operations, add("item", "first")))
    assert proposed(Diamond(), case_of((ours,), SAME)) is None


def test_near_miss_a_migration_whose_file_git_has_merged() -> None:
    assert proposed(Diamond(), case_of((P,), SAME, P, merged=True)) is None


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Diamond(), case_of((lost,), SAME)) is None
