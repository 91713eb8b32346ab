"""What the SQL of a plan looks for before it puts a row in."""

from __future__ import annotations

from migration_values import add, key, keys, migration, tree
from plans_by_hand import BASE

from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, ManualInsert
from stitchback.repair.ledger_edits import EditGuard
from stitchback.repair.plan_script import plan_edits

CITY = migration("shop.0003_city", "shop.0002_base", add("item", "city"))
LEVEL = migration("shop.0004_level", "shop.0003_city", add("item", "level"))
SQUASH = migration(
    "shop.0003_squashed",
    "shop.0002_base",
    add("item", "city"),
    add("item", "level"),
    replaces="shop.0003_city shop.0004_level",
)
SAME = migration("shop.0003_same", "shop.0003_city")


def guard(*files: Migration) -> EditGuard:
    """What the SQL looks for, before it puts in the row of 0003_city."""
    handover = ManualInsert(key("shop.0003_city"), keys("shop.0003_same"))
    (edit,) = plan_edits(Candidate({}, (), tree(*BASE, *files), (handover,)))
    return edit.guard


def seen(*files: Migration) -> set[str]:
    return {name.column for name in guard(*files).seen}


def test_the_row_that_says_that_the_work_was_done() -> None:
    assert guard(CITY, LEVEL, SAME).given == keys("shop.0003_same")


def test_what_the_migration_makes() -> None:
    assert seen(CITY, LEVEL, SAME) == {"city"}


def test_not_what_a_squash_of_it_makes_beside_that() -> None:
    """A database that has not run the rest of the squash would never get the row."""
    assert seen(CITY, LEVEL, SQUASH, SAME) == {"city"}
