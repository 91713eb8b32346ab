"""Populations that need the same, told by what they have applied."""

from __future__ import annotations

from migration_values import keys

from stitchback.model.plans import Population, PopulationOutcome
from stitchback.reporting.population_groups import groups


def outcome(
    applied: str, inserts: str = "", lineage: str = "mainline", ref: str = "main"
) -> PopulationOutcome:
    ledger = keys(applied)
    return PopulationOutcome(
        Population(f"{ref} up to {ledger[-1]}", lineage, ref, ledger), keys(inserts), 1, (), ()
    )


def test_databases_that_need_a_row_are_told_from_those_that_do_not() -> None:
    found = groups(
        [outcome("a.1"), outcome("a.1 a.2"), outcome("a.1 a.2 a.3", "a.p"), outcome("a.1 a.2 a.3 a.4", "a.p")]
    )
    assert [(group.title, group.kinds) for group in found] == [
        ("main without a.3", 2),
        ("main with a.3 applied", 2),
    ]


def test_several_needs_are_told_from_each_other() -> None:
    found = groups(
        [
            outcome("a.1"),
            outcome("a.1 a.2", "a.p"),
            outcome("a.1 a.2 b.1", "a.p"),
            outcome("a.1 a.2 a.3", "a.p a.q"),
            outcome("a.1 a.2 a.3 b.1", "a.p a.q"),
        ]
    )
    assert [group.title for group in found] == [
        "main up to a.1",
        "main with a.2 applied, without a.3",
        "main with a.3 applied",
    ]


def test_lineages_stay_apart() -> None:
    found = groups([outcome("a.1 a.2", lineage="patched", ref="release"), outcome("a.1 a.2")])
    assert [group.title for group in found] == ["release up to a.2", "main up to a.2"]


def test_no_false_word_where_nothing_tells_them_apart() -> None:
    found = groups([outcome("a.1"), outcome("a.2"), outcome("a.1 a.3", "a.p"), outcome("a.2 a.4", "a.p")])
    assert [group.title for group in found] == ["main", "main"]
