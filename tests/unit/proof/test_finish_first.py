"""Half-way databases that no row makes right are migrated to the end with the code that they are running."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, char, keys, migration, run_python
from plans_by_hand import candidate, patch, situation

from stitchback.model.plans import (
    Candidate,
    FinishFirst,
    Policy,
    PopulationOutcome,
    Refuted,
    SafePlan,
    Situation,
)
from stitchback.proof import prove

ADD, FILL, MORE = add("item", "color"), run_python("fill"), add("item", "more", char())
BOTH = migration("shop.0003_p", "shop.0002_base", ADD, FILL)
COLUMN = migration("shop.0003_m", "shop.0002_base", ADD)
DATA = migration("shop.0004_fill", "shop.0003_m", FILL)
LATER = migration("shop.0005_later", "shop.0004_fill", MORE)
GIVEN = situation(COLUMN, DATA, LATER, patches=[patch(BOTH)])
STITCHED = migration("shop.0003_s", "shop.0002_base", ADD, FILL, replaces="shop.0003_p")


def plan(given: Situation) -> Candidate:
    """Mainline's two migrations become empty behind the stitched one."""
    return candidate(
        given,
        STITCHED,
        COLUMN.with_changes(operations=(), dependencies=keys("shop.0002_base shop.0003_s")),
        DATA.with_changes(operations=()),
        hand="shop.0003_p: shop.0003_m shop.0004_fill",
    )


def outcomes(given: Situation) -> dict[str, PopulationOutcome]:
    found = prove(plan(given), given)
    assert isinstance(found, SafePlan), found.failures
    return {each.population.name: each for each in found.proof.outcomes}


def test_only_the_half_way_database_finishes_first_and_then_gets_its_row() -> None:
    found = outcomes(GIVEN)
    half = found["main up to shop.0003_m"]
    assert half.finish == FinishFirst("main", keys("shop.0005_later"))
    assert half.inserts == keys("shop.0003_p")
    assert half.will_run == ()
    assert half.forgotten is not None
    assert [name for name, each in found.items() if each.finish] == ["main up to shop.0003_m"]


def test_it_counts_as_a_manual_step() -> None:
    found = prove(plan(GIVEN), GIVEN)
    assert isinstance(found, SafePlan)
    assert found.proof.finishes_first
    assert found.proof.manual_steps == 3


def test_zero_touch_allows_none() -> None:
    given = replace(GIVEN, policy=Policy(zero_touch=True))
    assert isinstance(prove(plan(given), given), Refuted)


def test_what_fails_at_the_end_too_is_not_finished() -> None:
    """Without the row at mainline's end nothing is won."""
    bare = replace(plan(GIVEN), manual_inserts=())
    assert isinstance(prove(bare, GIVEN), Refuted)


def test_a_half_way_database_of_the_patch_branch_finishes_with_its_release() -> None:
    first, second = (
        migration("shop.0003_p", "shop.0002_base", ADD),
        migration("shop.0004_q", "shop.0003_p", MORE),
    )
    given = situation(migration("shop.0003_x", "shop.0002_base"), patches=[patch(first, second)])
    both = migration("shop.0003_s", "shop.0002_base", ADD, MORE, replaces="shop.0004_q")
    merge = migration("shop.0005_merge", "shop.0003_x shop.0003_s")
    found = prove(candidate(given, both, merge), given)
    assert isinstance(found, SafePlan), found.failures
    finishing = {each.population.name: each.finish for each in found.proof.outcomes if each.finish}
    assert finishing == {"release/2.4 up to shop.0003_p": FinishFirst("release/2.4", keys("shop.0004_q"))}


def test_no_database_is_sent_to_migrations_that_no_database_has() -> None:
    """Mainline's code would apply the unreleased one, and the plan may still change it."""
    given = replace(GIVEN, policy=Policy(unreleased=frozenset({LATER.key})))
    assert isinstance(prove(plan(given), given), Refuted)


def test_of_a_merge_with_two_leaf_nodes_the_code_before_it_is_named() -> None:
    """Nothing can be migrated with the merge itself."""
    merged = BOTH.with_changes(blob="p")
    given = situation(COLUMN, DATA, LATER, merged, patches=[patch(merged, merged=True)])
    stitched = candidate(
        given,
        STITCHED,
        COLUMN.with_changes(operations=(), dependencies=keys("shop.0002_base shop.0003_s")),
        DATA.with_changes(operations=()),
        without="shop.0003_p",
        hand="shop.0003_p: shop.0003_m shop.0004_fill",
    )
    found = prove(stitched, given)
    assert isinstance(found, SafePlan), found.failures
    (step,) = {each.finish for each in found.proof.outcomes if each.finish}
    assert step.ref == "main before git's merge"
