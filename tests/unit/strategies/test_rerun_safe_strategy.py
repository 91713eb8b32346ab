"""rerun-safe: an alteration that both branches made may run twice."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import add, add_index, alter, char, edited, migration, operation
from plans_by_hand import FORK, P, changed

from stitchback.matching.case import Case
from stitchback.model.operations import Operation
from stitchback.model.values import Constant
from stitchback.strategies.rerun_safe import RerunSafe

TO_30, TO_40 = (alter("item", "label", char(length)) for length in (30, 40))


AGAIN = (
    operation("RemoveIndex", model_name=Constant("item"), name=Constant("by_label")),
    add_index("item", "by_label", "label"),
)
INDEXED = changed(FORK, migration("shop.0002_base", "shop.0001_initial", add("item", "base"), AGAIN[1]))


def changed_to(ours: tuple[Operation, ...], *theirs: Operation) -> Case:
    return case_of((edited(P, operations=ours),), migration("shop.0003_m", "shop.0002_base", *theirs))


def test_the_same_alteration_needs_no_change_of_an_operation() -> None:
    candidate = planned(RerunSafe(), changed_to((TO_30,), TO_30))
    assert files(candidate) == {"shop.0003_m": "after shop.0002_base: AlterField item.label to 30"}
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "rerun-safe"}


def test_another_alteration_starts_from_the_patchs_definition() -> None:
    assert files(planned(RerunSafe(), changed_to((TO_30,), TO_40))) == {
        "shop.0003_m": "after shop.0002_base: AlterField item.label to 30; AlterField item.label to 40"
    }


def test_an_index_that_both_drop_and_recreate_under_its_name_is_made_once_more() -> None:
    ours, theirs = edited(P, operations=AGAIN), migration("shop.0003_m", "shop.0002_base", *AGAIN)
    assert files(planned(RerunSafe(), case_of((ours,), theirs, fork=INDEXED))) == {
        "shop.0003_m": "after shop.0002_base: RemoveIndex item.by_label; AddIndex item"
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ((TO_30, add("item", "first")), (TO_30,)),
        ((TO_30, add("item", "color")), (TO_30, add("item", "color"))),
        ((add("item", "color"),), (add("item", "color"),)),
        ((TO_30,), (alter("item", "base", char(30)),)),
    ],
    ids=["a column of the patch's alone", "a column on both", "only a column on both", "two columns altered"],
)
def test_near_miss_something_that_may_not_run_twice(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...]
) -> None:
    assert proposed(RerunSafe(), changed_to(ours, *theirs)) is None


def test_near_miss_a_migration_of_the_same_name() -> None:
    ours, theirs = edited(P, operations=(TO_30,)), edited(P, operations=(TO_40,))
    assert proposed(RerunSafe(), case_of((ours,), theirs)) is None


def test_near_miss_a_migration_whose_file_git_has_merged() -> None:
    ours = edited(P, operations=(TO_30,))
    theirs = migration("shop.0003_m", "shop.0002_base", TO_30)
    assert proposed(RerunSafe(), case_of((ours,), theirs, ours, merged=True)) is None
