"""What `check` reports and what it leaves to a plan."""

from __future__ import annotations

from check_cases import BASE, case
from migration_values import migration
from plans_by_hand import BLOG, X

from stitchback.hazards import find_in_check
from stitchback.model.source import Opaque, Span


def test_an_opaque_value_is_no_finding_of_check() -> None:
    """It is counted below the findings; a plan needs more."""
    opaque = migration("shop.0003_x", "shop.0002_base", Opaque("a computed value", "f()", Span("x.py")))
    assert [each.code for each in find_in_check(case(opaque, patches=(BASE,)))] == []


def test_a_tree_without_changes_has_no_findings() -> None:
    assert list(find_in_check(case(patches=(BASE,)))) == []
    assert list(find_in_check(case(X, BLOG, patches=(BASE,)))) == []
