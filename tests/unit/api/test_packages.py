"""What the configuration says of installed packages, put into a branch's trees."""

from __future__ import annotations

import pytest
from migration_values import key

from stitchback.api.reading_cases import packages_of, with_packages
from stitchback.errors import EnvironmentProblem
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch


def migration(name: str, *parents: str) -> Migration:
    return Migration(key(name), f"{name}.py", "b", tuple(map(key, parents)))


def tree(ref: str, *migrations: Migration) -> Tree:
    return Tree(ref, ref, {each.key: each for each in migrations})


SHOP = (migration("shop.0001", "fpr.0001"), migration("shop.0002", "shop.0001", "taggit.0001"))
FORK = tree("fork", *SHOP)
TIP = tree("release", *SHOP, migration("shop.0003_hotfix", "shop.0002"))
FPR = (
    migration("fpr.0001"),
    migration("fpr.0002", "fpr.0001", "shop.0002"),
    migration("fpr.0003", "fpr.0002", "shop.0003"),
    migration("fpr.0004", "fpr.0003"),
)
MAINLINE = tree("main", *SHOP, migration("shop.0003", "shop.0002"), *FPR)
PATCH = Patch(TIP, FORK, (TIP.migrations[key("shop.0003_hotfix")],))


def of_fpr(found: Tree) -> list[str]:
    return sorted(each.name for each in found.migrations if each.app == "fpr")


def test_an_app_of_mainline_s_tree_that_the_branch_depends_on_and_lacks() -> None:
    (found,) = packages_of(PATCH, MAINLINE)
    assert (found.label, found.child, found.parent) == ("fpr", key("shop.0001"), key("fpr.0001"))


def test_what_is_a_package_on_both_sides_or_a_tree_s_app_on_both_is_no_matter() -> None:
    both = Patch(tree("release", *SHOP, *FPR), FORK, ())
    assert not list(packages_of(both, MAINLINE))
    assert not list(packages_of(PATCH, tree("main", *SHOP)))


def test_nothing_said_changes_nothing() -> None:
    patch = with_packages(PATCH, MAINLINE, {})
    assert (patch.tree, patch.fork, patch.migrations) == (TIP, FORK, PATCH.migrations)
    assert [package.said for package in patch.packages] == [None]


def test_what_is_said_of_another_app_is_let_be() -> None:
    assert with_packages(PATCH, tree("main", *SHOP), {"fpr": ("0001", "0001")}) == PATCH


def test_both_trees_get_mainline_s_migrations() -> None:
    patch = with_packages(PATCH, MAINLINE, {"fpr": ("0002", "0002")})
    assert of_fpr(patch.fork) == of_fpr(patch.tree) == ["0001", "0002"]
    assert patch.tree.migrations[key("fpr.0002")] is MAINLINE.migrations[key("fpr.0002")]
    assert patch.migrations == PATCH.migrations


def test_the_fork_point_gets_the_first_and_the_branch_the_last() -> None:
    patch = with_packages(PATCH, MAINLINE, {"fpr": ("0001", "0002")})
    assert of_fpr(patch.fork) == ["0001"]
    assert {each.key for each in patch.migrations} == {key("fpr.0002"), key("shop.0003_hotfix")}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("0001", "0009"), "main has no migration fpr.0009"),
        (("0002", "0001"), "fpr.0001 does not come after fpr.0002"),
        (("0001", "0003"), "fpr.0003 depends on shop.0003, which release lacks"),
    ],
)
def test_what_does_not_fit_is_told(said: tuple[str, str], words: str) -> None:
    with pytest.raises(EnvironmentProblem, match=words) as caught:
        with_packages(PATCH, MAINLINE, {"fpr": said})
    assert caught.value.code == "SB509"
