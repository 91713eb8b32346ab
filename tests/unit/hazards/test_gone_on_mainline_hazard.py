"""SB304 and SB307: a released migration, or a whole app, that mainline no longer has."""

from __future__ import annotations

from dataclasses import replace

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, key, migration
from plans_by_hand import FORK, P, changed, patch, situation

from stitchback.hazards.gone_on_mainline import AppGone, GoneOnMainline
from stitchback.matching import build_case
from stitchback.matching.case import Case
from stitchback.model.migrations import App, Tree
from stitchback.model.plans import Policy

BASE = FORK.migrations[key("shop.0002_base")]


def test_a_released_migration_that_mainline_has_renamed_is_found() -> None:
    renamed = BASE.with_changes(key=key("shop.0002_foundation"))
    finding = only_finding(GoneOnMainline(), case_of((), renamed, without="shop.0002_base"))
    assert place(finding) == ("SB304", "error", RELEASE, "shop/migrations/0002_base.py:1")
    assert (
        finding.message == "shop.0002_base is missing on main; shop.0002_foundation has the same operations"
    )


def test_what_makes_a_part_of_it_is_named_so() -> None:
    """As where a project has written its first migration anew."""
    fork = changed(FORK, migration("shop.0003_two", "shop.0002_base", add("item", "one"), add("item", "two")))
    again = migration("shop.0003_again", "shop.0002_base", add("item", "one"))
    mainline = Tree("main", "main", changed(fork, again, without="shop.0003_two").migrations)
    case = build_case.case_of((patch(fork=fork),), mainline, Policy())
    finding = only_finding(GoneOnMainline(), case)
    assert finding.message == "shop.0003_two is missing on main; shop.0003_again makes some of its changes"


def test_a_released_migration_that_mainline_has_deleted_is_found() -> None:
    finding = only_finding(GoneOnMainline(), case_of((), without="shop.0002_base"))
    assert finding.message == "shop.0002_base is missing on main"


def test_near_miss_a_released_migration_that_mainline_has_squashed_is_not_found() -> None:
    squash = migration(
        "shop.0002_squashed", "shop.0001_initial", add("item", "base"), replaces="shop.0002_base"
    )
    assert findings(GoneOnMainline(), case_of((), squash, without="shop.0002_base")) == []


def test_near_miss_the_patch_branchs_own_migration_is_not_found() -> None:
    """Mainline has never had it."""
    assert findings(GoneOnMainline(), case_of((P,))) == []


def without_blog(*, installed: bool) -> Case:
    """Mainline without a migration of blog; where it is `installed`, the app is still there."""
    gone = situation(patches=[patch()]).mainline.with_migrations({key("blog.0001_initial"): None})
    apps = {"blog": App("blog", "blog", "blog/migrations", "blog")} if installed else {}
    return build_case.case_of((patch(),), replace(gone, apps=apps), Policy())


def test_an_app_that_mainline_has_removed_is_found_without_a_place() -> None:
    finding = only_finding(AppGone(), without_blog(installed=False))
    assert place(finding) == ("SB307", "note", RELEASE, "")
    assert finding.message == "blog is missing on main; its migration is ignored"


def test_near_miss_an_app_that_has_lost_its_migrations_only_is_not_found() -> None:
    assert findings(AppGone(), without_blog(installed=True)) == []
    assert (
        only_finding(GoneOnMainline(), without_blog(installed=True)).message
        == "blog.0001_initial is missing on main"
    )


def test_near_miss_an_app_that_the_patch_branch_has_removed_too_is_not_found() -> None:
    branch = patch()
    branch = replace(branch, tree=branch.tree.with_migrations({key("blog.0001_initial"): None}))
    mainline = without_blog(installed=False).situation.mainline
    assert findings(AppGone(), build_case.case_of((branch,), mainline, Policy())) == []
