"""adopt: mainline's own migration gets `replaces` with the patch migration's name."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, manual_inserts, planned, proposed
from migration_values import TRUE, add, alter, char, edited, migration
from plans_by_hand import M, P, X

from stitchback.model.migrations import Migration
from stitchback.model.values import Constant
from stitchback.strategies.adopt import Adopt
from stitchback.strategies.draft import Draft

SAME = migration("shop.0003_m", "shop.0002_base", add("item", "color"))
MORE = edited(SAME, operations=(*SAME.operations, add("item", "size")))
LONGER = edited(SAME, operations=(add("item", "color", char(40)),))


def test_mainlines_migration_of_the_same_change_replaces_the_patchs() -> None:
    candidate = planned(Adopt(), case_of((P,), X, M))
    assert files(candidate) == {"shop.0004_m": "after shop.0003_x, replaces shop.0003_p: AddField item.color"}
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0004_m is applied"]
    assert candidate.strategies == {"shop": "adopt"}
    assert candidate.result.migrations[M.key].provenance == (
        "replaces shop.0003_p of release/2.4 (commit release/2.4)",
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
    written = files(planned(Adopt(), case_of((P,), *theirs)))
    assert written["shop.0004_m"] == "after shop.0003_x, replaces shop.0003_p: AddField item.color"


def test_a_squash_that_has_swallowed_mainlines_migration_replaces_the_patchs_in_its_place() -> None:
    squash = migration("shop.0003_squashed", "shop.0002_base", add("item", "color"), replaces="shop.0003_m")
    candidate = planned(Adopt(), case_of((P,), squash))
    assert files(candidate) == {
        "shop.0003_squashed": "after shop.0002_base, replaces shop.0003_p: AddField item.color"
    }
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0003_m is applied"]
    assert candidate.result.migrations[squash.key].provenance == (
        "replaces shop.0003_p of release/2.4 (commit release/2.4)",
        "takes operations from shop.0003_m",
    )


def test_a_squash_of_a_released_migration_too_keeps_that_name() -> None:
    squash = migration(
        "shop.0002_squashed",
        "shop.0001_initial",
        add("item", "base"),
        add("item", "color"),
        replaces="shop.0002_base shop.0003_m",
    )
    assert files(planned(Adopt(), case_of((P,), squash, without="shop.0002_base"))) == {
        "shop.0002_squashed": "after shop.0001_initial, replaces shop.0002_base shop.0003_p: "
        "AddField item.base; AddField item.color"
    }


def test_near_miss_a_squash_that_makes_more() -> None:
    squash = migration("shop.0003_squashed", "shop.0002_base", *MORE.operations, replaces="shop.0003_m")
    assert proposed(Adopt(), case_of((P,), squash)) is None


def test_near_miss_a_squash_that_has_swallowed_two_migrations() -> None:
    squash = migration(
        "shop.0003_squashed", "shop.0002_base", add("item", "color"), replaces="shop.0003_m shop.0004_n"
    )
    assert proposed(Adopt(), case_of((P,), squash)) is None


@pytest.mark.parametrize(
    "theirs",
    [(MORE,), (LONGER,), (X,), (P.with_changes(blob="black"),)],
    ids=["it makes more", "another length", "it makes something else", "the same name"],
)
def test_near_miss_a_migration_that_does_not_make_just_the_same(theirs: tuple[Migration, ...]) -> None:
    assert proposed(Adopt(), case_of((P,), *theirs)) is None


def test_near_miss_a_patch_migration_that_makes_more() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "first")))
    assert proposed(Adopt(), case_of((ours,), SAME)) is None


def test_near_miss_two_columns_of_which_mainline_has_one_longer() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "size")))
    theirs = edited(SAME, operations=(*SAME.operations, add("item", "size", char(40, null=TRUE))))
    assert proposed(Adopt(), case_of((ours,), theirs)) is None


def test_near_miss_two_migrations_of_mainline_that_make_it_together() -> None:
    ours = edited(P, operations=MORE.operations)
    size = migration("shop.0004_size", "shop.0003_m", add("item", "size"))
    assert proposed(Adopt(), case_of((ours,), SAME, size)) is None


def test_near_miss_two_patch_migrations_that_make_it_together() -> None:
    size = migration("shop.0004_size", "shop.0003_p", add("item", "size"))
    case = case_of((P, size), MORE)
    draft = Draft(case.situation.mainline)
    assert [Adopt().propose(draft, unit) for unit in case.units] == [None, None]


def test_near_miss_two_patch_migrations_that_make_one_column() -> None:
    longer = migration("shop.0004_longer", "shop.0003_p", alter("item", "color", char(40)))
    case = case_of((P, longer), LONGER)
    assert Adopt().propose(Draft(case.situation.mainline), case.units[0]) is None


def test_near_miss_a_migration_whose_file_git_has_merged() -> None:
    assert proposed(Adopt(), case_of((P,), SAME, P, merged=True)) is None
