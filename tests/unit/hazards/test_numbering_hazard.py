"""Numbers that are not greater."""

from __future__ import annotations

from check_cases import case, found
from migration_values import key, migration
from plans_by_hand import FORK, S, X, Y, changed, column

from stitchback.hazards.numbering import Numbering
from stitchback.model.plans import Patch


def test_a_number_that_is_not_greater() -> None:
    assert found(Numbering(), case(column("shop.0002_x", "shop.0002_base", "x"))) == [("main", "warning")]
    assert found(Numbering(), case(Y, column("shop.0003_x", "shop.0005_y", "x"))) == [("main", "warning")]


def test_near_miss_numbers_that_are_right() -> None:
    twin = column("shop.0003_z", "shop.0002_base", "z")
    merge = migration("shop.0004_merge", "shop.0003_x shop.0003_z")
    assert found(Numbering(), case(X, twin, merge)) == []
    assert found(Numbering(), case(column("shop.x", "shop.0002_base", "x"))) == [], "no number"
    assert found(Numbering(), case(migration("blog.0002_z", "shop.0002_base"))) == [], "another app"
    assert found(Numbering(), case(column("shop.0004_x", "shop.gone", "x"))) == [], (
        "a parent without a number"
    )


def test_near_miss_a_number_below_that_of_a_replacer_or_of_the_base_is_no_problem() -> None:
    late = S.with_changes(key=key("shop.0009_s"))
    assert found(Numbering(), case(late, column("shop.0004_x", "shop.0009_s", "x"))) == []
    old = column("shop.0001_old", "shop.0002_base", "old")
    base = changed(FORK, old)
    assert found(Numbering(), case(old, patches=(Patch(base, base, ()),))) == []
