"""What both branches create: mainline's migration would create it again on a database of the patch branch."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases_by_hand import case_of
from migration_values import add, char, create, migration, remove, rename

from stitchback.matching.created_twice import created_twice
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation

ADDS = add("item", "colour", char(20))
OURS = migration("shop.0003_p", "shop.0002_base", ADDS)


def named(*theirs: Migration, ours: Migration = OURS) -> list[str]:
    (side,) = case_of((ours,), *theirs).sides
    return [str(match.mainline[0].origin.migration) for match in created_twice(side)]


def theirs(*operations: Operation, name: str = "shop.0003_m", replaces: str = "") -> Migration:
    return migration(name, "shop.0002_base", *operations, replaces=replaces)


def test_a_column_that_both_branches_add_is_found() -> None:
    assert named(theirs(ADDS)) == ["shop.0003_m"]


def test_a_table_that_both_branches_create_is_found() -> None:
    creates = create("Tag", name=char(20))
    assert "shop.0003_m" in named(theirs(creates), ours=theirs(creates, name="shop.0003_p"))


@pytest.mark.parametrize(
    "mainline",
    [
        theirs(add("item", "size", char(20))),
        theirs(ADDS, name="shop.0003_p"),
        theirs(ADDS, add("item", "size"), name="shop.0003_p"),
        theirs(ADDS, replaces="shop.0003_p"),
        theirs(ADDS, replaces="shop.0003_other"),
        theirs(replace(ADDS, conditional=True)),
        theirs(replace(ADDS, path="shop.operations.AddFieldSafely")),
        theirs(ADDS, rename("item", "colour", "shade")),
        theirs(ADDS, remove("item", "colour")),
    ],
    ids=[
        "another column",
        "the same name",
        "the same name and one more column",
        "it replaces the patch migration",
        "it replaces another migration of a branch",
        "it checks the database first",
        "a class of the project's own",
        "renamed later",
        "removed later",
    ],
)
def test_near_miss_what_is_not_certain_is_not_found(mainline: Migration) -> None:
    assert named(mainline) == []
