"""SB214: AUTH_USER_MODEL names a model of another app on mainline than at the fork point."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, changed

from stitchback.hazards.swapped_user_model import SwappedUserModel
from stitchback.matching import build_case
from stitchback.matching.case import Case
from stitchback.model.migrations import Swappable
from stitchback.model.plans import Patch, Policy


def case(old: str, new: str, *, depends: bool = True, has_people: bool = True) -> Case:
    """The setting at the fork point and on mainline; whether a released migration `depends` on it, and whether mainline `has_people`,
    an app of its own."""
    owned = migration("crm.0001_initial", (Swappable("AUTH_USER_MODEL"),) if depends else ())
    fork = replace(changed(FORK, owned), settings={"AUTH_USER_MODEL": old})
    first = (migration("people.0001_initial"),) if has_people else ()
    onto = replace(changed(fork, *first), ref="main", settings={"AUTH_USER_MODEL": new})
    return build_case.case_of((Patch(fork, fork, ()),), onto, Policy())


def test_a_released_migration_that_depends_on_the_new_user_model_is_found() -> None:
    finding = only_finding(SwappedUserModel(), case("auth.User", "people.User"))
    assert place(finding) == ("SB214", "error", "main", "crm/migrations/0001_initial.py:1")
    assert "AUTH_USER_MODEL is people.User on main, and auth.User on v2.4" in finding.message
    assert "crm.0001_initial depends on people.0001_initial there" in finding.message


def test_a_new_user_model_of_an_installed_package_is_found() -> None:
    finding = only_finding(SwappedUserModel(), case("auth.User", "members.Member", has_people=False))
    assert "the first migration of members" in finding.message


def test_near_miss_a_user_model_that_no_released_migration_depends_on_is_not_found() -> None:
    assert findings(SwappedUserModel(), case("auth.User", "people.User", depends=False)) == []


def test_near_miss_the_same_user_model_is_not_found() -> None:
    assert findings(SwappedUserModel(), case("people.User", "people.User")) == []


def test_near_miss_a_user_model_swapped_back_to_djangos_own_is_not_found() -> None:
    """Each database has the first migration of auth."""
    assert findings(SwappedUserModel(), case("people.User", "auth.User")) == []
