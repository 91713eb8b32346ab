"""What mainline lacks."""

from __future__ import annotations

from check_cases import BASE, case, found
from migration_values import add, alter, char, key, migration, remove, run_python
from plans_by_hand import FORK, P, S, X, color, patch

from stitchback.hazards.release_only import ReleaseOnly


def test_a_migration_that_mainline_lacks_or_makes_under_another_name() -> None:
    (lacking,) = ReleaseOnly().find(case(X))
    assert lacking.message == "shop.0003_p of release/2.4 is neither in main nor replaced there"
    (double,) = ReleaseOnly().find(case(X, color("shop.0004_m", "shop.0003_x")))
    assert double.message.endswith(
        ", and shop.0004_m makes the same change: databases of release/2.4 cannot upgrade"
    )


def test_a_change_that_mainline_has_moved_to_another_migration() -> None:
    own = migration("shop.0003_p", "shop.0002_base", add("item", "color"), add("item", "size"))
    here = migration("shop.0003_p", "shop.0002_base", add("item", "color"))
    moved = migration("shop.0004_size", "shop.0003_p", add("item", "size"))
    (finding,) = ReleaseOnly().find(case(here, moved, patches=(BASE, patch(own))))
    assert finding.message.startswith(
        "shop.0003_p of release/2.4 makes a change that shop.0004_size makes in main"
    )


def test_near_miss_what_mainline_has_or_replaces_is_not_lacking() -> None:
    assert found(ReleaseOnly(), case(P)) == []
    assert found(ReleaseOnly(), case(S)) == []


def test_near_miss_what_mainline_does_not_need_is_not_lacking() -> None:
    gone = migration("shop.0003_gone", "shop.0002_base", alter("item", "base", char(30)))
    removal = migration("shop.0003_drop", "shop.0002_base", remove("item", "base"))
    assert found(ReleaseOnly(), case(removal, patches=(BASE, patch(gone)))) == []
    empty = migration("shop.0003_empty", "shop.0002_base", run_python("nothing", empty=True))
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(empty)))) == []
    merge = migration("shop.0003_merge", "shop.0002_base blog.0001_initial")
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(merge)))) == []


def test_near_miss_a_released_migration_that_is_gone_or_edited_has_another_code() -> None:
    assert found(ReleaseOnly(), case(without="shop.0002_base", patches=(BASE,))) == []
    emptied = FORK.migrations[key("shop.0002_base")].with_changes(operations=())
    moved = migration("shop.0003_moved", "shop.0002_base", add("item", "base"))
    assert found(ReleaseOnly(), case(emptied, moved, patches=(BASE,))) == []


def test_near_miss_what_no_database_can_have_applied_is_not_lacking() -> None:
    """SB301: Django does not load the branch."""
    dangling = color("shop.0003_p", "shop.0002_nowhere")
    assert found(ReleaseOnly(), case(X, patches=(BASE, patch(dangling)))) == []
