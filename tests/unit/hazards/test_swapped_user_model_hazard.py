"""SB214: AUTH_USER_MODEL names a model of another app on mainline than at the fork point."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import findings, only_finding, place
from migration_values import keys, migration
from plans_by_hand import FORK, changed

from stitchback.hazards.swapped_user_model import SwappedUserModel
from stitchback.matching import build_case
from stitchback.matching.case import Case
from stitchback.model.migrations import Migration, Swappable
from stitchback.model.plans import Patch, Policy


def case(
    old: str,
    new: str,
    *released: Migration,
    edited: tuple[Migration, ...] = (),
    packages: tuple[str, ...] = (),
    has_people: bool = True,
) -> Case:
    """The setting at the fork point and on mainline; what is `released`, and what mainline has `edited` or added since. `packages`: installed
    on both, with a first migration that depends on the user model. `has_people`: whether mainline has that app in its tree."""
    fork = replace(changed(FORK, *released), settings={"AUTH_USER_MODEL": old}, of_user_model=packages)
    first = (migration("people.0001_initial"),) if has_people else ()
    onto = replace(changed(fork, *first, *edited), ref="main", settings={"AUTH_USER_MODEL": new})
    return build_case.case_of((Patch(fork, fork, ()),), onto, Policy())


USER = (Swappable("AUTH_USER_MODEL"),)
OWNED = migration("crm.0001_initial", USER)


def test_a_released_migration_that_depends_on_the_new_user_model_is_found() -> None:
    finding = only_finding(SwappedUserModel(), case("auth.User", "people.User", OWNED))
    assert place(finding) == ("SB214", "error", "main", "crm/migrations/0001_initial.py:1")
    assert "AUTH_USER_MODEL is people.User on main, and auth.User on v2.4" in finding.message
    assert "crm.0001_initial depends on people.0001_initial there" in finding.message


def test_a_new_user_model_of_an_installed_package_is_found() -> None:
    finding = only_finding(SwappedUserModel(), case("auth.User", "members.Member", OWNED, has_people=False))
    assert "the first migration of members" in finding.message


def test_a_released_migration_that_depends_on_the_user_model_only_since_mainline_edited_it_is_found() -> None:
    free = migration("crm.0001_initial")
    finding = only_finding(SwappedUserModel(), case("auth.User", "people.User", free, edited=(OWNED,)))
    assert "crm.0001_initial depends on people.0001_initial there" in finding.message


def test_an_installed_package_that_depends_on_the_user_model_is_found_at_the_new_apps_first_migration() -> (
    None
):
    finding = only_finding(SwappedUserModel(), case("auth.User", "people.User", packages=("admin",)))
    assert place(finding) == ("SB214", "error", "main", "people/migrations/0001_initial.py:1")
    assert "admin.0001_initial depends on people.0001_initial there" in finding.message


def test_two_installed_packages_are_found_without_a_place() -> None:
    unplaced = case("auth.User", "members.Member", packages=("admin",), has_people=False)
    assert place(only_finding(SwappedUserModel(), unplaced))[3] == ""


def test_of_many_released_migrations_four_are_named() -> None:
    released = [migration(f"crm.000{number}_owned", USER) for number in range(1, 6)]
    finding = only_finding(SwappedUserModel(), case("auth.User", "people.User", *released))
    assert "crm.0004_owned and 1 more depend on people.0001_initial" in finding.message


def test_near_miss_a_user_model_that_no_released_migration_depends_on_is_not_found() -> None:
    free = migration("crm.0001_initial")
    assert findings(SwappedUserModel(), case("auth.User", "people.User", free)) == []


def test_near_miss_a_user_model_that_only_a_new_migration_of_mainline_depends_on_is_not_found() -> None:
    """No database of the release has applied it."""
    new = migration("crm.0002_owner", (*USER, *keys("crm.0001_initial")))
    free = migration("crm.0001_initial")
    assert findings(SwappedUserModel(), case("auth.User", "people.User", free, edited=(new,))) == []


def test_near_miss_a_user_model_of_a_released_app_is_not_found() -> None:
    """Each database of the release has its first migration."""
    people = migration("people.0001_initial")
    assert findings(SwappedUserModel(), case("auth.User", "people.User", OWNED, people)) == []


def test_near_miss_the_same_user_model_is_not_found() -> None:
    assert findings(SwappedUserModel(), case("people.User", "people.User", OWNED)) == []


def test_near_miss_a_user_model_swapped_back_to_djangos_own_is_not_found() -> None:
    """Each database has the first migration of auth."""
    assert findings(SwappedUserModel(), case("people.User", "auth.User", OWNED)) == []
