"""converge: a diamond in which mainline's migration alters the patch's definition into its own."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, manual_inserts, planned, proposed
from migration_values import add, alter, char, edited, keys, migration
from plans_by_hand import M, P, X

from stitchback.model.migrations import Migration
from stitchback.strategies.converge import Converge

LONGER = migration("shop.0004_m", "shop.0003_x", add("item", "color", char(40)))


def test_mainlines_migration_alters_the_column_to_its_own_length() -> None:
    candidate = planned(Converge(), case_of((P,), X, LONGER))
    assert files(candidate) == {
        "shop.0003_stitched_p": "after shop.0002_base, replaces shop.0003_p: AddField item.color",
        "shop.0004_m": "after shop.0003_x shop.0003_stitched_p: AlterField item.color to 40",
    }
    assert manual_inserts(candidate) == ["shop.0003_p where shop.0004_m is applied"]
    assert candidate.strategies == {"shop": "converge"}
    assert any(
        "max_length: 20 and 40); check that the values of patched databases fit it" in remark.text
        for remark in candidate.remarks
    )


def test_a_column_that_both_branches_altered_ends_with_mainlines_length() -> None:
    ours = edited(P, operations=(alter("item", "label", char(30)),))
    theirs = edited(LONGER, operations=(alter("item", "label", char(40)),))
    assert files(planned(Converge(), case_of((ours,), X, theirs))) == {
        "shop.0003_stitched_p": "after shop.0002_base, replaces shop.0003_p: AlterField item.label to 30",
        "shop.0004_m": "after shop.0003_x shop.0003_stitched_p: AlterField item.label to 40",
    }


@pytest.mark.parametrize("theirs", [(X, M), (X,)], ids=["the same definition", "another column"])
def test_near_miss_nothing_is_defined_in_two_ways(theirs: tuple[Migration, ...]) -> None:
    assert proposed(Converge(), case_of((P,), *theirs)) is None


def test_near_miss_a_patch_migration_that_makes_more() -> None:
    ours = edited(P, operations=(*P.operations, add("item", "first")))
    assert proposed(Converge(), case_of((ours,), X, LONGER)) is None


def test_near_miss_a_migration_of_the_same_name() -> None:
    assert proposed(Converge(), case_of((P,), edited(P, operations=LONGER.operations))) is None


def test_near_miss_a_migration_whose_file_git_has_merged() -> None:
    assert proposed(Converge(), case_of((P,), X, LONGER, P, merged=True)) is None


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Converge(), case_of((lost,), X, LONGER)) is None
