"""merge: the patch migration's own file, and an empty merge migration where there would be two leaf nodes."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import add, alter, char, edited, keys, migration, run_imported, run_python
from plans_by_hand import M, P, X

from stitchback.model.migrations import Migration
from stitchback.model.values import Constant, Value
from stitchback.strategies.merge import Merge

LONGER = migration("shop.0003_p", "shop.0002_base", alter("item", "label", char(40)))


def test_the_file_is_copied_unchanged_and_the_leaf_nodes_are_joined() -> None:
    candidate = planned(Merge(), case_of((P,), X))
    assert files(candidate) == {
        "shop.0003_p": "after shop.0002_base: AddField item.color",
        "shop.0004_merge_0003_p_0003_x": "after shop.0003_p shop.0003_x: empty",
    }
    copied = next(edit for edit in candidate.edits if edit.key == P.key)
    assert getattr(copied, "changes", None) == ()
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "merge"}


def test_where_mainline_has_nothing_new_there_is_no_merge_migration() -> None:
    assert list(files(planned(Merge(), case_of((P,))))) == ["shop.0003_p"]


@pytest.mark.parametrize("arguments", [{}, {"help_text": Constant("in words")}], ids=["same", "help_text"])
def test_an_alteration_that_both_branches_made_may_run_twice(arguments: dict[str, Value]) -> None:
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", char(40, **arguments)))
    assert list(files(planned(Merge(), case_of((LONGER,), theirs)))) == [
        "shop.0003_p",
        "shop.0004_merge_0003_m_0003_p",
    ]


def test_a_data_operation_is_remarked_with_the_databases_that_will_run_it() -> None:
    fill = migration("shop.0003_fill", "shop.0002_base", run_python("fill"))
    (remark,) = planned(Merge(), case_of((fill,), X)).remarks
    assert remark.text.startswith("shop.0003_fill: RunPython fill will run on fresh databases")


def importing(ours: str, theirs: str) -> Migration:
    return migration("shop.0003_fill", "shop.0002_base", run_imported(ours, theirs))


def test_code_that_the_data_operation_imports_and_mainline_has_otherwise_is_remarked() -> None:
    _, remark = planned(Merge(), case_of((importing("ours", "theirs"),), X)).remarks
    assert remark.text.endswith("merge shop/rules.py of release/2.4 too.")


def test_near_miss_code_that_is_the_same_on_mainline_is_not_remarked() -> None:
    for theirs in ("same", ""):  # "": it is not known
        assert len(planned(Merge(), case_of((importing("same", theirs),), X)).remarks) == 1


def test_the_same_operations_under_the_same_name_need_no_copy() -> None:
    assert files(planned(Merge(), case_of((P,), P.with_changes(blob="black")))) == {}


@pytest.mark.parametrize(
    "theirs",
    [
        (X, M),
        (X, edited(M, operations=(add("item", "color", char(40)),))),
    ],
    ids=["the same column", "the column in another shape"],
)
def test_near_miss_a_column_that_mainline_has_added_too(theirs: tuple[Migration, ...]) -> None:
    assert proposed(Merge(), case_of((P,), *theirs)) is None


def test_near_miss_an_alteration_that_mainline_made_to_another_length() -> None:
    """Whichever runs last would decide."""
    theirs = migration("shop.0003_m", "shop.0002_base", alter("item", "label", char(60)))
    assert proposed(Merge(), case_of((LONGER,), theirs)) is None


@pytest.mark.parametrize(
    "theirs",
    [
        edited(P, operations=(add("item", "size"),)),
        edited(P, dependencies=keys("shop.0003_x")),
    ],
    ids=["other operations", "a dependency that patched databases lack"],
)
def test_near_miss_another_file_of_the_same_name(theirs: Migration) -> None:
    assert proposed(Merge(), case_of((P,), X, theirs)) is None


def test_near_miss_a_dependency_that_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Merge(), case_of((lost,), X)) is None
