"""A replacer above migrations that are not applied."""

from __future__ import annotations

from check_cases import BASE, OLD, case, found, squash
from migration_values import keys, migration
from plans_by_hand import FORK, P, S, X, Y, changed, color, column, patch

from stitchback.hazards.replacer_above_unapplied import ReplacerAboveUnapplied
from stitchback.model.plans import Patch


def test_a_replacer_on_a_migration_that_the_release_lacks() -> None:
    above = color("shop.0004_m", "shop.0003_x", replaces="shop.0003_p")
    assert found(ReplacerAboveUnapplied(), case(X, above)) == [("release/2.4", "error")]
    assert found(ReplacerAboveUnapplied(), case(X, above, Y)) == [("release/2.4", "warning")]


def test_near_miss_a_replacer_on_the_fork_point_is_right() -> None:
    merge = migration("shop.0004_merge", "shop.0003_x shop.0003_s")
    assert found(ReplacerAboveUnapplied(), case(X, S, merge)) == []


def test_near_miss_a_replacer_on_another_replacer_of_the_release_is_right() -> None:
    q = column("shop.0004_q", "shop.0003_p", "q")
    both = (BASE, patch(P, q))
    second = column("shop.0004_t", "shop.0003_s", "q", replaces="shop.0004_q")
    assert found(ReplacerAboveUnapplied(), case(S, second, patches=both)) == []


def test_near_miss_a_replacer_of_what_the_database_has_in_part_does_not_count_as_applied() -> None:
    above = color("shop.0004_m", "shop.0003_x", replaces="shop.0003_p shop.0003_other")
    assert found(ReplacerAboveUnapplied(), case(X, above)) == []


def test_a_replacer_that_the_release_has_is_given_another_dependency() -> None:
    hung = S.with_changes(dependencies=keys("shop.0003_x"))
    assert found(ReplacerAboveUnapplied(), case(X, hung, patches=(BASE, patch(S)))) == [
        ("release/2.4", "error")
    ]
    assert found(ReplacerAboveUnapplied(), case(X, S, patches=(BASE, patch(S)))) == []


def test_near_miss_a_replacer_on_a_squash_that_the_release_has_is_right() -> None:
    """The rows of what the squash replaced are there, and no files."""
    q = column("shop.0003_q", "shop.0001_squashed", "q")
    base = changed(FORK, squash(OLD), q, without=OLD)
    renamed = column("shop.0003_t", "shop.0001_squashed", "q", replaces="shop.0003_q")
    given = case(squash(OLD), renamed, without=OLD, patches=(Patch(base, base, ()),))
    assert found(ReplacerAboveUnapplied(), given) == []
