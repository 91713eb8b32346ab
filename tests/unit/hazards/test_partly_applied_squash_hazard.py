"""A squash that is applied in part."""

from __future__ import annotations

from check_cases import OLD, case, found, squash
from plans_by_hand import X

from stitchback.hazards.partly_applied_squash import PartlyAppliedSquash


def test_a_squash_of_a_file_that_is_gone_and_not_applied() -> None:
    given = case(squash(OLD, "shop.0003_x"), without=OLD)
    assert found(PartlyAppliedSquash(), given) == [("v2.4", "error"), ("release/2.4", "error")]
    (first, _) = PartlyAppliedSquash().find(given)
    assert "the operations of shop.0003_x are never run" in first.message


def test_a_file_that_depends_on_one_that_is_gone() -> None:
    (first, _) = PartlyAppliedSquash().find(case(squash(OLD, "shop.0003_x"), X, without=OLD))
    assert first.message.endswith(
        "NodeNotFoundError: shop.0003_x depends on shop.0002_base, which has no file"
    )


def test_near_miss_a_squash_with_its_files_or_applied_as_a_whole_is_right() -> None:
    assert found(PartlyAppliedSquash(), case(squash(OLD, "shop.0003_x"), X)) == []
    assert found(PartlyAppliedSquash(), case(squash(OLD), without=OLD)) == []
    assert found(PartlyAppliedSquash(), case(squash("shop.0003_x shop.0004_m"))) == []
