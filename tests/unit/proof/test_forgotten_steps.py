"""What a forgotten manual step does is computed, and decides which plan goes first (FACTS F7, F12, F31, F36)."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, add_index, edited, integer, keys, migration, run_python
from plans_by_hand import HAND, candidate, patch, situation

from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Damages, Forgotten, Leaves, Policy, SafePlan, Situation, Stops
from stitchback.model.values import Constant
from stitchback.planning.prices import Price, price_of
from stitchback.proof import prove

DEFAULT = integer(default=Constant(7))


def plans(*operations: Operation, policy: Policy | None = None) -> tuple[Situation, Candidate, Candidate]:
    """The same change on both branches, and two plans: adopt and diamond."""
    ours, theirs = (
        migration("shop.0003_p", "shop.0002_base", *operations),
        migration("shop.0004_m", "shop.0002_base", *operations),
    )
    given = situation(theirs, patches=[patch(ours)], policy=policy)
    adopted = theirs.with_changes(replaces=keys("shop.0003_p"))
    stitched = migration("shop.0003_s", "shop.0002_base", *operations, replaces="shop.0003_p")
    emptied = theirs.with_changes(operations=(), dependencies=keys("shop.0002_base shop.0003_s"))
    return given, candidate(given, adopted, hand=HAND), candidate(given, stitched, emptied, hand=HAND)


def proved(plan: Candidate, given: Situation) -> SafePlan:
    outcome = prove(plan, given)
    assert isinstance(outcome, SafePlan), outcome.failures
    return outcome


def forgotten(plan: Candidate, given: Situation) -> Forgotten:
    (found,) = {each.forgotten for each in proved(plan, given).proof.outcomes if each.inserts}
    assert found is not None
    return found


def test_sqlite_resets_the_values_of_a_column_with_a_default() -> None:
    given, adopt, diamond = plans(add("item", "size", DEFAULT))
    said = forgotten(adopt, given)
    at = Stops(keys("shop.0004_m")[0], "column shop_item.size exists already")
    assert said == Damages(resets=("shop_item.size",), elsewhere=at)
    stopped = forgotten(diamond, given)
    assert isinstance(stopped, Stops)
    assert stopped.at is None
    assert price_of(proved(diamond, given)) < price_of(proved(adopt, given))


def test_no_other_database_does() -> None:
    given, adopt, diamond = plans(add("item", "size", DEFAULT), policy=Policy(sqlite=False))
    assert isinstance(forgotten(adopt, given), Stops)
    assert [price_of(proved(each, given)).damages for each in (adopt, diamond)] == [0, 0]


def test_a_column_that_may_be_empty_fails_aloud_everywhere() -> None:
    given, adopt, diamond = plans(add("item", "size", integer()))
    assert isinstance(forgotten(adopt, given), Stops)
    assert [price_of(proved(each, given)).damages for each in (adopt, diamond)] == [0, 0]


def test_a_data_operation_runs_again() -> None:
    given, adopt, diamond = plans(run_python())
    said = forgotten(adopt, given)
    assert isinstance(said, Damages)
    assert said.reruns == ("the data operation of shop.0003_p / shop.0004_m",)
    assert isinstance(forgotten(diamond, given), Stops)


def test_a_time_bomb_is_the_next_releases() -> None:
    """F7: something applied lies above, so this deploy runs nothing."""
    operations = (add("item", "size", DEFAULT),)
    ours = migration("shop.0003_p", "shop.0002_base", *operations)
    theirs = migration("shop.0004_m", "shop.0002_base", *operations)
    child = migration("shop.0005_y", "shop.0004_m", add("item", "y", integer()))
    given = situation(theirs, child, patches=[patch(ours)])
    plan = candidate(given, theirs.with_changes(replaces=keys("shop.0003_p")), hand=HAND)
    by_name = {each.population.name: each.forgotten for each in proved(plan, given).proof.outcomes}
    said = by_name["main up to shop.0005_y"]
    assert isinstance(said, Damages)
    assert (said.next_release, said.resets) == (True, ("shop_item.size",))
    assert str(said).startswith("on SQLite the next release's `migrate` succeeds and sets the values")


def test_where_no_row_is_needed_nothing_can_be_forgotten() -> None:
    given, adopt, _ = plans(add("item", "size", DEFAULT))
    fresh = next(each for each in proved(adopt, given).proof.outcomes if each.population.lineage == "fresh")
    assert fresh.forgotten is None


def test_the_database_stays_different_without_an_error() -> None:
    """A half-way database has the first of two hotfix migrations, whose name is mainline's for both: nothing creates the index there."""
    indexed = add_index("item", "by_size", "size")
    first = migration("shop.0003_p", "shop.0002_base", add("item", "size"))
    second = migration("shop.0004_p2", "shop.0003_p", indexed)
    both = edited(first, operations=(add("item", "size"), replace(indexed, conditional=True)))
    given = situation(both, patches=[patch(first, second)])
    covered = both.with_changes(provenance=("covers shop.0004_p2 of release/2.4",))
    by_name = {each.population.name: each for each in proved(candidate(given, covered), given).proof.outcomes}
    half = by_name["release/2.4 up to shop.0003_p"]
    assert half.finish is not None
    assert isinstance(half.forgotten, Leaves)
    assert (
        str(half.forgotten)
        == "`migrate` succeeds and leaves the database different: index shop_item.by_size is missing"
    )
    assert by_name["release/2.4 up to shop.0004_p2"].forgotten is None


def test_the_tree_as_it_is_goes_before_a_plan_that_writes() -> None:
    """What finishes first was accepted with the plan that is written already: a second one adds nothing."""
    finishing, writing = Price(0, 0, 0, 1, 0, 1, 0), Price(0, 0, 1, 0, 1, 0, 1)
    assert finishing < writing
    assert Price(0, 1, 0, 0, 0, 0, 0) > writing
