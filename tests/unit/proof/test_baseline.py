"""Which failures are mainline's own: each database is compared with the mainline tree that it was migrated with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from migration_values import TRUE, add, alter, char, integer, keys, migration, worded
from plans_by_hand import ADOPT, BASE, MAIN, P, candidate, patch, situation

from stitchback.engine.rollouts import UpgradeFailure
from stitchback.model.plans import FORK as FORKED
from stitchback.model.plans import PATCHED, Population, Refuted, SafePlan
from stitchback.proof import prove
from stitchback.proof.attempt import WITHOUT_THE_PATCH
from stitchback.proof.baseline import BaselineFailures
from stitchback.upgrades.paths import MIGRATE

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


def test_only_what_databases_without_the_patch_do_too_is_said_to_be_so() -> None:
    """Mainline has added a column to a released file: all released databases lack it. Near miss: the plan alone breaks patched databases."""
    base = BASE[1]
    edited = base.with_changes(operations=(*base.operations, add("item", "more", integer())))
    without = situation(edited, patches=[patch(P)])
    for given, plan, expected in ((without, candidate(without, P), True), (MAIN, ADOPT, False)):
        found = prove(plan, given)
        assert isinstance(found, Refuted)
        patched = [each.message for each in found.failures if each.population.startswith("release/2.4 up to")]
        assert patched
        assert all((WITHOUT_THE_PATCH in message) is expected for message in patched)


def failure(did: str = MIGRATE) -> UpgradeFailure:
    return UpgradeFailure((did,), "shop.0003_p", worded("column exists"))


class Mainline(BaselineFailures):
    """Mainline without the plan, with the failures given."""

    def __init__(
        self, whole: tuple[UpgradeFailure, ...] = (), partial: tuple[UpgradeFailure, ...] = ()
    ) -> None:
        untouched = SimpleNamespace(
            follow=lambda start, path: start,
            whole=lambda place: whole,
            upgrade_failures_at=lambda place: (*whole, *partial),
        )
        super().__init__(SimpleNamespace(untouched=lambda matters, population: untouched), None)  # type: ignore[arg-type]
        self.starts: list[Any] = ["a database"]

    def _starts(self, population: Population, start: Any) -> Any:
        return self.starts


FORK_POINT = Population("fork point of release/2.4", FORKED, "release/2.4", ())
PATCHED_ONE = Population("release/2.4 up to shop.0003_p", PATCHED, "release/2.4", ())


def test_a_plain_migrate_fails_on_mainline_only_if_a_plain_migrate_does() -> None:
    start: Any = "a database"
    assert Mainline(whole=(failure(),)).has(FORK_POINT, start, failure())
    assert not Mainline(partial=(failure("migrate blog"),)).has(FORK_POINT, start, failure())
    assert Mainline(partial=(failure("migrate blog"),)).has(FORK_POINT, start, failure("migrate blog"))


def test_a_failure_that_one_database_has_without_the_patch_is_mainlines_for_all_with_it() -> None:
    start: Any = "a database"
    mainline = Mainline(whole=(failure(),))
    assert mainline.has(FORK_POINT, start, failure())
    mainline.starts = []
    assert mainline.has(PATCHED_ONE, start, failure())
    assert not Mainline().has(PATCHED_ONE, start, failure())
