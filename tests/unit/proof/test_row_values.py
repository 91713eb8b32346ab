"""Columns that a plan adds, or alters to NOT NULL, for the rows that are there already."""

from __future__ import annotations

from dataclasses import replace

from migration_values import TRUE, add, alter, char, create, field, integer, migration
from plans_by_hand import candidate, patch, situation

from stitchback.engine import EngineCache
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import Refuted, Situation
from stitchback.model.state import SchemaState
from stitchback.model.values import Constant
from stitchback.proof import prove
from stitchback.proof.row_values import rows_without_value

WITH_VALUE = add("item", "language", char(default=Constant("en")))
OWN = migration("shop.0003_p", "shop.0002_base", WITH_VALUE)
OTHER = migration("shop.0003_m", "shop.0002_base", add("item", "pages", integer(null=TRUE)))
GIVEN = situation(OTHER, patches=[patch(OWN)])


def written(*operations: Operation) -> Migration:
    return migration("shop.0004_bridge", "shop.0003_m", *operations)


def reasons(*operations: Operation, given: Situation = GIVEN) -> list[str]:
    plan = candidate(given, written(*operations))
    return [str(each) for each in rows_without_value(plan.result, given, EngineCache(SchemaState()))]


def test_a_column_without_the_value_that_the_branch_gave_is_refused() -> None:
    (reason,) = reasons(add("item", "language", char()))
    assert reason.startswith(
        "shop.0004_bridge adds the column shop.item.language to NOT NULL without a value"
    )


def test_the_proof_refuses_it() -> None:
    once = replace(WITH_VALUE, arguments=(*WITH_VALUE.arguments, ("preserve_default", Constant(False))))
    given = situation(OTHER, patches=[patch(OWN.with_changes(operations=(once,)))])
    bridge = written(replace(add("item", "language", char()), conditional=True))
    outcome = prove(candidate(given, bridge), given)
    assert isinstance(outcome, Refuted)
    assert "without a value for the rows" in outcome.failures[0].message


def test_so_is_one_that_looks_first_whether_it_is_there() -> None:
    assert reasons(replace(add("item", "language", char()), conditional=True))


def test_an_alteration_to_not_null_without_a_value_is_refused() -> None:
    (reason,) = reasons(alter("item", "pages", field("IntegerField")))
    assert "alters the column shop.item.pages to NOT NULL" in reason


def test_a_default_null_and_an_empty_text_are_values() -> None:
    for value in (char(default=Constant("en")), char(null=TRUE), char(blank=TRUE)):
        assert reasons(add("item", "language", value)) == []


def test_a_blank_number_is_no_value() -> None:
    assert reasons(add("item", "language", field("IntegerField", blank=TRUE)))


def test_an_alteration_of_a_column_that_is_not_null_already_needs_none() -> None:
    assert (
        reasons(add("item", "language", char(default=Constant("en"))), alter("item", "language", char(30)))
        == []
    )


def test_a_new_table_has_no_rows() -> None:
    assert reasons(create("Badge", language=char())) == []


def test_what_a_branch_does_without_a_value_is_its_own_affair() -> None:
    own = migration("shop.0003_p", "shop.0002_base", add("item", "language", char()))
    assert reasons(add("item", "language", char()), given=situation(OTHER, patches=[patch(own)])) == []


def test_operations_that_do_not_fit_the_models_are_left_to_the_engine() -> None:
    assert reasons(add("nowhere", "language", char())) == []
