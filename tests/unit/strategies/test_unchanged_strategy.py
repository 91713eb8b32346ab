"""unchanged: nothing is written for a migration that patched databases count as applied, and rightly."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import TRUE, add, alter, alter_options, char, edited, keys, migration, run_python
from plans_by_hand import FORK, P, X, changed

from stitchback.model.migrations import Migration
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant
from stitchback.strategies.unchanged import Unchanged

EMPTY = edited(P, operations=())


def test_the_same_file_on_both_branches_is_left_as_it_is() -> None:
    candidate = planned(Unchanged(), case_of((P,), P.with_changes(blob="black")))
    assert files(candidate) == {}
    assert candidate.manual_inserts == ()


def test_a_file_that_differs_in_what_no_database_stores_is_left_as_it_is() -> None:
    worded = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
    for theirs in (worded, *P.operations):
        ours = edited(P, operations=(*P.operations, alter_options("item", verbose_name="item")))
        draft = proposed(Unchanged(), case_of((ours,), edited(P, operations=(theirs,))))
        assert draft is not None
        assert draft.replacements == {P.key: P.key}
        assert (draft.edits, draft.remarks) == ((), ())


OPAQUE = edited(
    P, operations=(Opaque("a function makes it", "made()", Span("shop/migrations/0003_p.py", 9)),)
)


@pytest.mark.parametrize("ours", [OPAQUE, EMPTY], ids=["an opaque operation", "no operation"])
def test_the_same_operations_in_another_layout_are_left_as_they_are(ours: Migration) -> None:
    draft = proposed(Unchanged(), case_of((ours,), ours.with_changes(blob="black")))
    assert draft is not None
    assert draft.replacements == {P.key: P.key}


def test_a_column_that_mainline_has_altered_since_is_left_as_it_is() -> None:
    worded = add("item", "color", char(null=TRUE, help_text=Constant("in words")))
    longer = migration("shop.0004_longer", "shop.0003_p", alter("item", "color", char(40)))
    assert files(planned(Unchanged(), case_of((P,), edited(P, operations=(worded,)), longer))) == {}


def test_a_data_operation_with_other_code_under_the_same_name_is_remarked() -> None:
    """A database never runs both, and never runs it again."""
    ours, theirs = (edited(P, operations=(run_python(name),)) for name in ("ours", "theirs"))
    candidate = planned(Unchanged(), case_of((ours,), theirs))
    assert files(candidate) == {}
    (remark,) = candidate.remarks
    assert "databases of release/2.4 have run their own version" in remark.text


def test_a_file_that_no_database_can_have_applied_gives_way_to_mainlines() -> None:
    """The branch lacks its dependency, so Django does not load it."""
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    theirs = edited(P, operations=(add("item", "size"),))
    assert files(planned(Unchanged(), case_of((lost,), theirs))) == {}


def test_an_empty_migration_that_joins_nothing_on_mainline_is_left_out() -> None:
    candidate = planned(Unchanged(), case_of((EMPTY,), X))
    assert files(candidate) == {}
    assert EMPTY.key not in candidate.result.migrations


@pytest.mark.parametrize(
    "ours",
    [
        P,
        edited(EMPTY, replaces=keys("shop.0002_gone")),
        edited(EMPTY, run_before=keys("blog.0001_initial")),
    ],
    ids=["it has operations", "it replaces", "it runs before"],
)
def test_near_miss_a_migration_of_the_patch_branch_alone_that_does_something(ours: Migration) -> None:
    assert proposed(Unchanged(), case_of((ours,), X)) is None


@pytest.mark.parametrize(
    "theirs",
    [
        edited(P, operations=(*P.operations, add("item", "size"))),
        edited(P, operations=()),
        edited(P, operations=(add("item", "color", char(40)), run_python())),
        edited(P, operations=(add("item", "color", char(40)),)),
        edited(P, dependencies=keys("shop.0003_x")),
    ],
    ids=[
        "a column more",
        "a column less",
        "a longer column and data",
        "a longer column",
        "a dependency that patched databases lack",
    ],
)
def test_near_miss_a_file_of_the_same_name_that_is_not_right_on_patched_databases(theirs: Migration) -> None:
    assert proposed(Unchanged(), case_of((P,), X, theirs)) is None


def test_near_miss_a_file_that_no_database_can_have_applied_and_mainline_lacks() -> None:
    lost = edited(P, dependencies=keys("shop.0002_base shop.0003_lost"))
    assert proposed(Unchanged(), case_of((lost,), X)) is None


def test_near_miss_two_columns_of_which_mainlines_file_has_one_longer() -> None:
    ours, theirs = (
        edited(P, operations=(*P.operations, add("item", "size", char(length)))) for length in (20, 40)
    )
    assert proposed(Unchanged(), case_of((ours,), theirs)) is None


def test_near_miss_an_empty_migration_whose_file_git_has_merged() -> None:
    assert proposed(Unchanged(), case_of((EMPTY,), X, EMPTY, merged=True)) is None


def test_near_miss_an_empty_migration_that_joins_two_migrations_of_mainline() -> None:
    parents = (migration("shop.0003_a", "shop.0002_base"), migration("shop.0003_b", "shop.0002_base"))
    join = migration("shop.0004_join", "shop.0003_a shop.0003_b")
    assert proposed(Unchanged(), case_of((join,), fork=changed(FORK, *parents))) is None
