"""bridge: one more migration at the leaf node creates what a database lacks."""

from __future__ import annotations

import pytest
from cases_by_hand import case_of, files, planned, proposed
from migration_values import add, alter, char, edited, key, keys, migration, remove, rename, run_python
from plans_by_hand import FORK, M, P, X

from stitchback.model.operations import Operation
from stitchback.strategies.bridge import Bridge

MORE = edited(P, operations=(*P.operations, add("item", "size")))
BASE = FORK.migrations[key("shop.0002_base")]


def test_a_column_that_only_mainlines_file_of_the_same_name_adds_is_created_where_it_is_missing() -> None:
    candidate = planned(Bridge(), case_of((P,), MORE))
    assert files(candidate) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"
    }
    assert candidate.manual_inserts == ()
    assert candidate.strategies == {"shop": "bridge"}
    assert candidate.result.migrations[key("shop.0004_bridge_0003_p")].provenance == (
        "covers shop.0003_p of release/2.4 (commit release/2.4)",
    )


def test_a_column_that_only_the_patchs_file_of_the_same_name_adds_is_created_where_it_is_missing() -> None:
    assert files(planned(Bridge(), case_of((MORE,), P))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: conditional AddField item.size"
    }


def test_a_longer_column_in_mainlines_file_of_the_same_name_is_what_every_database_ends_with() -> None:
    longer = edited(P, operations=(add("item", "color", char(40)),))
    assert files(planned(Bridge(), case_of((P,), longer))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_p: state only AlterField item.color to 20; "
        "AlterField item.color to 40"
    }


def test_a_column_that_mainline_has_put_into_a_released_migration_is_created_where_it_is_missing() -> None:
    more = edited(BASE, operations=(*BASE.operations, add("item", "size")))
    assert files(planned(Bridge(), case_of((), more))) == {
        "shop.0003_bridge_0002_base": "after shop.0002_base: conditional AddField item.size"
    }


def test_an_alteration_of_a_column_that_mainline_has_renamed_is_made_under_the_new_name() -> None:
    ours = edited(P, operations=(alter("item", "label", char(30)),))
    renamed = migration("shop.0003_m", "shop.0002_base", rename("item", "label", "title"))
    assert files(planned(Bridge(), case_of((ours,), renamed))) == {
        "shop.0004_bridge_0003_p": "after shop.0003_m: conditional AlterField item.title to 30"
    }


def test_a_missing_column_is_created_before_sqlite_recreates_the_table() -> None:
    """FACTS F34."""
    altered = migration("shop.0004_longer", "shop.0003_p", alter("item", "label", char(40)))
    assert files(planned(Bridge(), case_of((P,), MORE, altered))) == {
        "shop.0004_longer": "after shop.0003_p: conditional AddField item.size; AlterField item.label to 40"
    }


def test_near_miss_a_duplicate_under_another_name() -> None:
    """Mainline's migration would still make it."""
    assert proposed(Bridge(), case_of((P,), X, M)) is None


def test_near_miss_the_same_schema_under_the_same_name() -> None:
    assert proposed(Bridge(), case_of((P,), P.with_changes(blob="black"))) is None


def test_near_miss_a_file_of_the_same_name_on_which_django_stops() -> None:
    """Patched databases lack its dependency."""
    assert proposed(Bridge(), case_of((P,), X, edited(MORE, dependencies=keys("shop.0003_x")))) is None


@pytest.mark.parametrize(
    "only_ours",
    [run_python("fill"), remove("item", "label"), rename("item", "label", "title")],
    ids=["a data operation", "a removal", "a renaming"],
)
def test_near_miss_what_no_condition_on_the_database_can_make(only_ours: Operation) -> None:
    assert proposed(Bridge(), case_of((edited(P, operations=(only_ours,)),), X)) is None


def test_near_miss_a_column_that_mainline_has_taken_out_of_a_released_migration() -> None:
    """No plan may drop it, and nothing makes it any more."""
    assert proposed(Bridge(), case_of((), edited(BASE, operations=()))) is None
