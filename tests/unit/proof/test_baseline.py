"""Which failures are mainline's own: each database is compared with the mainline tree that it was migrated with."""

from __future__ import annotations

from migration_values import TRUE, alter, char, keys, migration
from plans_by_hand import candidate, patch, situation

from stitchback.model.plans import Refuted, SafePlan
from stitchback.proof import prove

TEXT = migration("shop.0003_a", "shop.0002_base", alter("item", "label", char(90)))
SHORT = migration("shop.0003_x", "shop.0002_base", alter("item", "label", char(30, null=TRUE)))
MERGE = migration("shop.0004_merge", "shop.0003_a shop.0003_x")
BEHIND = SHORT.with_changes(dependencies=keys("shop.0002_base shop.0003_a"))


def proved(*mainline: object, merged: bool) -> SafePlan | Refuted:
    given = situation(*mainline, patches=[patch(TEXT, merged=merged)])  # type: ignore[arg-type]
    return prove(candidate(given, TEXT, BEHIND, MERGE, hand="shop.0003_a: shop.0003_x"), given)


def test_a_database_of_the_merged_tree_is_not_compared_with_mainline_before_the_merge() -> None:
    """It has run the patch's alteration last, as a fresh install of the merged tree does: mainline does nothing wrong there (random seed 22295)."""
    found = proved(SHORT, TEXT, MERGE, merged=True)
    assert isinstance(found, Refuted)
    assert {each.population for each in found.failures} == {
        "main up to shop.0003_a, shop.0003_x",
        "main up to shop.0004_merge",
    }


def test_near_miss_without_such_databases_it_is_proved() -> None:
    assert isinstance(proved(SHORT, merged=False), SafePlan)
