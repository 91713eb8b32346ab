"""SB305 and SB306: names in `replaces` that have no file, of which a database may have some applied."""

from __future__ import annotations

from cases_by_hand import case_of, findings, only_finding, place
from migration_values import migration
from plans_by_hand import FORK, P, changed

from stitchback.hazards.shared_ghost import ManyGhosts, SharedGhost

ONE = migration("shop.0003_one", "shop.0002_base", replaces="shop.0003_ghost")
TWO = migration("shop.0004_two", "shop.0003_one", replaces="shop.0003_ghost")
BOTH = migration("shop.0003_both", "shop.0002_base", replaces="shop.0003_ghost shop.0004_ghost")


def test_a_ghost_that_two_migrations_replace_is_found_at_the_second() -> None:
    finding = only_finding(SharedGhost(), case_of((P,), ONE, TWO))
    assert place(finding) == ("SB305", "error", "main", "shop/migrations/0004_two.py:1")
    assert finding.message == "shop.0003_ghost is in `replaces` of shop.0003_one and shop.0004_two"


def test_near_miss_a_name_with_a_file_that_two_migrations_replace_is_not_found() -> None:
    file = migration("shop.0003_ghost", "shop.0002_base")
    assert findings(SharedGhost(), case_of((P,), ONE, TWO, file)) == []


def test_near_miss_a_ghost_that_one_migration_replaces_is_not_found() -> None:
    assert findings(SharedGhost(), case_of((P,), ONE)) == []


def test_a_migration_that_replaces_two_ghosts_is_found() -> None:
    finding = only_finding(ManyGhosts(), case_of((P,), BOTH))
    assert place(finding) == ("SB306", "warning", "main", "shop/migrations/0003_both.py:1")
    assert "replaces 2 migrations without a file: shop.0003_ghost, shop.0004_ghost" in finding.message


def test_near_miss_a_migration_that_replaces_one_ghost_is_not_found() -> None:
    assert findings(ManyGhosts(), case_of((P,), ONE)) == []
    assert findings(ManyGhosts(), case_of((P,), BOTH, migration("shop.0004_ghost", "shop.0002_base"))) == []


def test_near_miss_a_squash_of_released_migrations_is_not_found() -> None:
    """Each database of the release has applied all of them."""
    squash = migration("shop.0001_squashed", "", replaces="shop.0001_initial shop.0002_base")
    assert findings(ManyGhosts(), case_of((P,), squash, without="shop.0001_initial shop.0002_base")) == []


def test_near_miss_a_released_squash_of_older_names_is_not_found() -> None:
    squash = migration("blog.0000_squashed", "", replaces="blog.0000_a blog.0000_b")
    assert findings(ManyGhosts(), case_of((P,), fork=changed(FORK, squash))) == []
