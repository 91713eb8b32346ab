"""What the SQL of a plan looks for before it puts a row in."""

from __future__ import annotations

from migration_values import add, alter, char, key, keys, migration, remove, rename, tree
from plans_by_hand import BASE

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.plans import Candidate, ManualInsert, Population, PopulationOutcome
from stitchback.repair.ledger_edits import EditGuard, Presence
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


def guard_of(made: Migration, *files: Migration) -> EditGuard:
    handover = ManualInsert(made.key, keys("shop.0003_same"))
    (edit,) = plan_edits(Candidate({}, (), tree(*BASE, made, *files), (handover,)))
    return edit.guard


REMOVAL = migration("shop.0003_city", "shop.0002_base", remove("item", "base"))
NAMED = migration("shop.0003_city", "shop.0002_base", rename("item", "base", "ground"))
SHORTER = migration("shop.0003_city", "shop.0002_base", alter("item", "label", char(7)))


def test_what_the_migration_removes_must_be_gone() -> None:
    """A database that has another migration of the name 0003_same still has the column, and would keep it for ever."""
    found = guard_of(REMOVAL, SAME)
    assert (found.seen, found.gone) == ((Presence("shop_item"),), (Presence("shop_item", "base"),))


def test_the_old_name_of_a_column_must_be_gone_and_the_new_one_there() -> None:
    found = guard_of(NAMED, SAME)
    assert Presence("shop_item", "ground") in found.seen
    assert found.gone == (Presence("shop_item", "base"),)


def test_the_shape_to_which_a_column_is_altered() -> None:
    assert Presence("shop_item", "label", trait="varchar(7)") in guard_of(SHORTER, SAME).seen


def test_near_miss_what_is_created_again_later_is_not_asked_for() -> None:
    again = migration("shop.0004_again", "shop.0003_same", add("item", "base"))
    found = guard_of(REMOVAL, SAME, again)
    assert (found.seen, found.gone) == ((Presence("shop_item"),), ())
    wider = migration("shop.0004_wider", "shop.0003_same", alter("item", "label", char(90)))
    assert not any(name.trait for name in guard_of(SHORTER, SAME, wider).seen)


def test_near_miss_the_shape_of_a_column_that_it_creates_is_not_asked_for() -> None:
    assert not any(name.trait for name in guard(CITY, LEVEL, SAME).seen)


def given_on(*rows: str) -> tuple[MigrationKey, ...]:
    """The rows that the SQL asks for, if these are the rows of the database that the proof gives the row of 0003_city to."""
    before = migration("shop.0003_tidy", "shop.0002_base", run_before="shop.0003_city")
    result = tree(*BASE, before, CITY, migration("shop.0003_same", "shop.0002_base shop.0003_city"))
    handover = ManualInsert(CITY.key, keys("shop.0003_same"))
    needy = PopulationOutcome(
        Population("main", "mainline", "main", keys(" ".join(rows))), (CITY.key,), 1, (), ()
    )
    (edit,) = plan_edits(Candidate({}, (), result, (handover,)), (needy,))
    return edit.guard.given


def test_a_dependency_that_the_proof_counts_on() -> None:
    """A database that lacks it finishes with its old code first; with the row it would stop (InconsistentMigrationHistory)."""
    assert given_on("shop.0003_same", "shop.0003_tidy") == keys("shop.0003_same shop.0003_tidy")


def test_near_miss_a_dependency_that_such_a_database_lacks() -> None:
    assert given_on("shop.0003_same") == keys("shop.0003_same")


def test_not_what_is_away_between_two_later_migrations() -> None:
    """A database between them has no such column, and gets the row all the same."""
    away = migration("shop.0004_away", "shop.0003_same", rename("item", "city", "town"))
    again = migration("shop.0005_again", "shop.0004_away", add("item", "city"))
    assert seen(CITY, SAME, away, again) == set()
    there = migration("shop.0004_there", "shop.0003_same", add("item", "city_code"))
    assert seen(CITY, SAME, there) == {"city"}


def test_not_what_is_there_again_between_two_later_migrations() -> None:
    again = migration("shop.0004_again", "shop.0003_same", add("item", "base"))
    away = migration("shop.0005_away", "shop.0004_again", remove("item", "base"))
    assert guard_of(REMOVAL, SAME, again, away).gone == ()
