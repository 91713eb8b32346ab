"""Which parents a database has for certain that has applied a patch migration."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from migration_values import key, keys, migration
from plans_by_hand import BASE, FORK, changed

from stitchback.matching.case import Unit
from stitchback.model.migrations import Dependency, Swappable

FIRST = migration("shop.0003_p", "shop.0002_base auth.0012_last")
SECOND = migration("shop.0004_q", "shop.0003_p")
BESIDE = migration("blog.0002_z", "blog.0001_initial")


def below(parent: Dependency | str, *, of: str = "shop.0004_q", replaced: str = "", edited: str = "") -> bool:
    """`replaced`: what a migration of mainline's, which is the parent, replaces."""
    tree = changed(FORK, FIRST, SECOND, BESIDE)
    wanted = key(parent) if isinstance(parent, str) else parent
    side: Any = SimpleNamespace(
        patch=SimpleNamespace(tree=tree, fork=FORK),
        sides=SimpleNamespace(
            replaced={wanted: keys(replaced)},
            squashed={},
            finished={},
            edited=SimpleNamespace(keys=frozenset(keys(edited))),
        ),
    )
    return Unit(side, tree.migrations[key(of)]).has_below(wanted)


def test_all_ancestors_in_the_tree_and_nothing_beside_them() -> None:
    assert all(below(name) for name in ("shop.0003_p", "shop.0002_base", "shop.0001_initial"))
    assert not below("blog.0001_initial")
    assert not below("blog.0002_z")
    assert not below("shop.0009_unknown")


def test_any_migration_of_a_package_that_the_branch_depends_on() -> None:
    """Which migration does not matter, nor which of the branch's depends on it: a package is migrated whole."""
    assert below("auth.0001_initial")
    assert below("auth.0001_initial", of="shop.0001_initial")
    assert not below("sites.0001_initial")


def test_a_migration_that_replaces_nothing_but_ancestors() -> None:
    assert below("shop.0001_squashed", replaced="shop.0001_initial shop.0002_base")
    assert not below("shop.0001_squashed", replaced="shop.0001_initial blog.0002_z")
    assert not below("shop.0001_squashed")


def test_a_dependency_that_is_no_name_only_where_it_is_its_own() -> None:
    user = Swappable("AUTH_USER_MODEL")
    assert not below(user)


def test_an_edited_migration_has_all_of_the_fork_point_below_it() -> None:
    last = str(BASE[-1].key)
    assert below(last, edited="shop.0004_q")
    assert not below(last, edited="shop.0003_p")
    assert not below("blog.0002_z", edited="shop.0004_q")
