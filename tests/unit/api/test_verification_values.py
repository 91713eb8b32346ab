"""Schemas, rows and ledgers of real databases compared, without any database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from stitchback.adapters.projects import DatabaseSchema, Rows
from stitchback.api.verification.expected_rows import ValueLocations, changed, unequal
from stitchback.api.verification.real_databases import DatabaseState
from stitchback.api.verification.real_differences import (
    Old,
    moved_tables,
    schema_differences,
    without_name,
    wrong_install,
)
from stitchback.api.verification.upgrade_paths import data_differences, ledger_differences
from stitchback.model.keys import MigrationKey
from stitchback.model.problems import Problem

COLOUR = {"type": "varchar(20)", "null": "not null"}
PLAIN = {"name": {"type": "text", "null": "null"}}


def words_of(problems: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(map(str, problems))


def table(columns: Mapping[str, Mapping[str, str]] = PLAIN, **lists: Sequence[str]) -> dict[str, Any]:
    empty = {"primary_key": ["id"], "indexes": [], "uniques": [], "checks": [], "foreign_keys": []}
    return {"columns": dict(columns), **empty, **lists}


def schema(**tables: Mapping[str, Any]) -> DatabaseSchema:
    return DatabaseSchema(tables)


def rows(**tables: Sequence[Mapping[str, Any]]) -> Rows:
    return {name: tuple(held) for name, held in tables.items()}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (schema(), "table item is missing"),
        (schema(item=table(), more=table()), "table more exists, and a fresh install has none"),
        (schema(item=table({})), "column item.name is missing"),
        (
            schema(item=table({**PLAIN, "colour": COLOUR})),
            "column item.colour exists, and a fresh install has none",
        ),
        (
            schema(item=table({"name": COLOUR})),
            "column item.name: varchar(20) not null, in a fresh install text null",
        ),
        (schema(item=table(primary_key=["name"])), "primary key of item: (name), in a fresh install (id)"),
        (schema(item=table(indexes=["name"])), "index of item exists, and a fresh install has none: name"),
    ],
)
def test_what_is_otherwise_is_named(found: DatabaseSchema, words: str) -> None:
    assert words_of(schema_differences(found, schema(item=table()))) == (words,)


def test_an_index_that_is_there_twice_is_no_other_index() -> None:
    twice, once = schema(item=table(indexes=["name", "name"])), schema(item=table(indexes=["name"]))
    assert words_of(schema_differences(twice, once)) == ("index of item exists 2 times: name",)
    assert words_of(schema_differences(once, twice)) == ("index of item is missing: name",)


def test_the_same_schemas_do_not_differ() -> None:
    assert words_of(schema_differences(schema(item=table()), schema(item=table()))) == ()


@pytest.mark.parametrize(
    ("text", "definition"),
    [("by_name: name", "name"), ("name", "name"), ("CHECK ((a::text > 0))", "CHECK ((a::text > 0))")],
)
def test_a_definition_without_its_name(text: str, definition: str) -> None:
    assert without_name(text) == definition


BEFORE = rows(item=[{"id": 1, "name": "a", "size": 7}, {"id": 2, "name": "b", "size": 9}])


def lost(after: Rows, *runs: tuple[Rows, Rows]) -> list[str]:
    return list(words_of(ValueLocations.of(runs).lost(BEFORE, after, frozenset())))


def test_values_that_stay_are_not_lost() -> None:
    more = rows(item=[{**row, "new": None} for row in BEFORE["item"]])
    assert lost(more) == []


def test_a_renamed_column_keeps_its_values() -> None:
    renamed = rows(
        item=[{"id": row["id"], "title": row["name"], "size": row["size"]} for row in BEFORE["item"]]
    )
    assert lost(renamed) == []


def test_a_reset_column_is_lost() -> None:
    reset = rows(item=[{**row, "name": "red"} for row in BEFORE["item"]])
    assert lost(reset) == ["values of item.name: a, b before, now red, red"]


def test_a_lost_row_is_told_once() -> None:
    assert lost(rows(item=[BEFORE["item"][0]])) == ["rows of item: 2 before, 1 now"]


def test_rows_that_mainline_itself_takes_out_need_not_last() -> None:
    fewer = rows(item=[BEFORE["item"][0]])
    assert lost(fewer, (BEFORE, fewer)) == []


def test_what_mainline_takes_away_need_not_last() -> None:
    without = rows(item=[{"id": row["id"], "size": row["size"]} for row in BEFORE["item"]])
    assert lost(without, (BEFORE, without)) == []
    assert lost(without) == ["values of item.name: a, b before, gone"]


def test_where_mainline_moves_values_they_must_be() -> None:
    moved = rows(
        item=[{"id": row["id"], "title": row["name"], "size": row["size"]} for row in BEFORE["item"]]
    )
    elsewhere = rows(
        item=[{"id": row["id"], "other": row["name"], "size": row["size"]} for row in BEFORE["item"]]
    )
    assert lost(elsewhere, (BEFORE, moved)) == ["values of item.name: a, b before, gone"]


def test_rows_as_wanted_may_have_more_columns() -> None:
    more = rows(item=[{**row, "new": 1} for row in BEFORE["item"]])
    assert list(unequal(more, BEFORE, frozenset())) == []
    assert changed(BEFORE, more) == frozenset()


def test_tables_that_django_fills_may_have_more_rows() -> None:
    few = rows(django_content_type=[{"id": 1}])
    many = rows(django_content_type=[{"id": 1}, {"id": 2}])
    assert list(unequal(many, few, frozenset())) == []
    assert len(list(unequal(few, many, frozenset()))) == 1


A, B, GHOST = (MigrationKey("shop", name) for name in ("0001_a", "0002_b", "0003_ghost"))


def ledger(*keys: MigrationKey) -> DatabaseState:
    return DatabaseState("", keys)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((), (A,), ["ledger: no row for shop.0002_b"]),
        ((), (A, B, B), ["ledger: more than one row for shop.0002_b"]),
        ((GHOST,), (A, B), ["ledger: the row of shop.0003_ghost is gone"]),
        ((), (A, B, GHOST), ["ledger: a row for shop.0003_ghost, which a fresh install has not"]),
        ((A, A), (A, A, B), []),
        ((GHOST,), (GHOST, A, B), []),
    ],
)
def test_ledgers_at_the_end(
    before: tuple[MigrationKey, ...], after: tuple[MigrationKey, ...], words: list[str]
) -> None:
    assert list(words_of(ledger_differences(ledger(*before), ledger(*after), (A, B), ledger(A, B)))) == words


def test_data_operations_run_once() -> None:
    once, twice, never = DatabaseState("", data=("x",)), DatabaseState("", data=("x", "x")), DatabaseState("")
    assert list(data_differences(once, once)) == []
    assert list(words_of(data_differences(twice, once))) == [
        "a data operation has run 2 times, in a fresh install 1 (x)"
    ]
    assert list(words_of(data_differences(never, once))) == [
        "1 data operation(s) of a fresh install have not run"
    ]
    assert list(data_differences(once, never)) == [], "the patch's own, which mainline has emptied"


MAINLINE = schema(item=table({**PLAIN, "colour": COLOUR}))
FORK = schema(item=table())


def test_a_fresh_install_may_have_what_only_the_patch_had() -> None:
    patched = schema(item=table({**PLAIN, "note": COLOUR}))
    both = schema(item=table({**PLAIN, "note": COLOUR, "colour": COLOUR}))
    assert list(wrong_install(both, Old(MAINLINE, ((FORK, patched),)))) == []
    said = list(words_of(wrong_install(both, Old(MAINLINE, ()))))
    assert said == ["column item.note exists, and mainline's own has none"]


def test_a_fresh_install_has_the_patchs_index_on_the_column_that_mainline_renamed() -> None:
    """Near miss: an index on another column that both have."""
    fork = schema(item=table({"state": COLOUR, "name": COLOUR}))
    patched = schema(item=table({"state": COLOUR, "name": COLOUR}, indexes=["by_state: state , name"]))
    mainline = schema(item=table({"status": COLOUR, "name": COLOUR}))
    for text, wrong in (
        ("by_state: status , name", 0),
        ("by_state: name , name", 1),
        ("other: status , name", 1),
    ):
        both = schema(item=table({"status": COLOUR, "name": COLOUR}, indexes=[text]))
        assert len(list(wrong_install(both, Old(mainline, ((fork, patched),))))) == wrong


def test_a_fresh_install_may_not_lack_what_both_have() -> None:
    old = Old(MAINLINE, ((FORK, MAINLINE),))
    assert list(words_of(wrong_install(FORK, old))) == ["column item.colour is missing"]


def test_a_column_that_mainline_has_renamed_may_have_the_patchs_shape() -> None:
    """Mainline's `colour` is the fork point's `shade`, which the patch branch has altered and given an index."""
    fork = schema(item=table({**PLAIN, "shade": COLOUR}))
    longer = {**COLOUR, "type": "varchar(99)"}
    patched = schema(item=table({**PLAIN, "shade": longer}, indexes=["shade"]))
    fresh = schema(item=table({**PLAIN, "colour": longer}, indexes=["colour"]))
    assert list(wrong_install(fresh, Old(MAINLINE, ((fork, patched),)))) == []
    other = schema(item=table({**PLAIN, "colour": {**COLOUR, "type": "varchar(98)"}}))
    assert list(wrong_install(other, Old(MAINLINE, ((fork, patched),))))


def test_a_table_that_the_patch_branch_has_moved_keeps_mainlines_column() -> None:
    moved = moved_tables([(FORK, schema(goods=table({**PLAIN, "note": COLOUR})))])
    assert moved == {"item": "goods"}
    links = {"owner": table(foreign_keys=["item_id: item(id)"])}
    old = Old(schema(item=table({**PLAIN, "colour": COLOUR}), **links), ((FORK, schema(goods=table({**PLAIN, "note": COLOUR}))),), moved)  # fmt: skip
    links = {"owner": table(foreign_keys=["item_id: goods(id)"])}
    fresh = schema(goods=table({**PLAIN, "note": COLOUR, "colour": COLOUR}), **links)
    assert list(wrong_install(fresh, old)) == []
    lacking = schema(goods=table({**PLAIN, "note": COLOUR}), **links)
    assert list(words_of(wrong_install(lacking, old))) == ["column goods.colour is missing"]
    held, lost = rows(item=[{"colour": "red"}]), rows(goods=[{"colour": "blue"}])
    assert list(unequal(rows(goods=[{"colour": "red"}]), held, frozenset(), moved)) == []
    assert len(list(unequal(lost, held, frozenset(), moved))) == 1
    assert len(list(unequal({**held, **lost}, held, frozenset(), moved))) == 0
    assert list(unequal(lost, lost, frozenset(), moved)) == []  # mainline has moved it too


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"title": COLOUR}, []),
        (
            {"name": COLOUR},
            ["column item.name exists, and mainline's own has none", "column item.title is missing"],
        ),
    ],
    ids=["the new name", "the old name"],
)
def test_a_column_that_the_patch_branch_renames_and_mainline_alters(
    has: Mapping[str, Any], expected: list[str]
) -> None:
    after = schema(item=table({"title": PLAIN["name"]}))
    old = Old(schema(item=table({"name": COLOUR})), ((FORK, after),))
    assert sorted(words_of(wrong_install(schema(item=table(has)), old))) == expected


def test_near_miss_a_column_that_is_gone_beside_a_new_one_of_another_shape() -> None:
    after = schema(item=table({"title": {"type": "integer", "null": "null"}}))
    old = Old(schema(item=table({"name": COLOUR})), ((FORK, after),))
    assert list(wrong_install(schema(item=table({"title": COLOUR})), old)) != []


def test_near_miss_a_new_table_beside_one_that_is_deleted() -> None:
    assert moved_tables([(FORK, schema(goods=table({"other": COLOUR})))]) == {}
    assert moved_tables([(FORK, schema(goods=table(), wares=table()))]) == {}
    assert moved_tables([(FORK, schema(item=table(), goods=table()))]) == {}


def test_a_column_that_mainline_still_has_explains_no_other() -> None:
    fork = schema(item=table({**PLAIN, "colour": COLOUR, "shade": COLOUR}))
    longer = {**COLOUR, "type": "varchar(99)"}
    patched = schema(item=table({**PLAIN, "colour": COLOUR, "shade": longer}))
    fresh = schema(item=table({**PLAIN, "colour": longer, "shade": longer}))
    assert list(wrong_install(fresh, Old(fork, ((fork, patched),))))


def test_two_indexes_of_one_definition_are_one_too_many() -> None:
    old = Old(schema(item=table(indexes=["one: name"])), ((FORK, schema(item=table(indexes=["two: name"]))),))
    both = schema(item=table(indexes=["one: name", "two: name"]))
    assert list(words_of(wrong_install(both, old))) == [
        "index of item exists 2 times in a fresh install: name"
    ]


def test_a_row_that_is_gone_is_told_once_for_all_its_columns() -> None:
    two = rows(item=[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], tag=[{"id": 1}])
    one = rows(item=[{"id": 2, "name": "b"}], tag=[{"id": 1}])
    assert [str(problem) for _, problem in unequal(one, two, frozenset())] == [
        "rows of item: 2 before, 1 now"
    ]
    assert list(words_of(ValueLocations.of([(two, two)]).lost(two, one, frozenset()))) == [
        "rows of item: 2 before, 1 now"
    ]
    whole = frozenset({("item", "id"), ("item", "name")})
    assert list(unequal(one, two, whole)) == []
    assert list(ValueLocations.of([(two, two)]).lost(two, one, whole)) == []


def test_a_column_of_the_patch_branch_goes_with_a_table_that_mainline_takes_away() -> None:
    """Mainline's databases have no such column; the table goes there too."""
    fork = rows(item=[{"id": row["id"], "name": row["name"]} for row in BEFORE["item"]])
    assert lost(rows(other=[]), (fork, rows(other=[]))) == []


def test_near_miss_a_column_of_the_patch_branch_in_a_table_that_stays() -> None:
    fork = rows(item=[{"id": row["id"], "name": row["name"]} for row in BEFORE["item"]])
    assert lost(fork, (fork, fork)) == ["values of item.size: 7, 9 before, gone"]
