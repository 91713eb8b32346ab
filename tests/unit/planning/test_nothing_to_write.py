"""Patch migrations for which mainline needs no file: empty ones, those on an old name of a finished squash, those that no database has."""

from __future__ import annotations

from migration_values import add, create, key, keys, migration, tree
from plans_by_hand import MAINLINE, P, patch, situation

from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case, Unit
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate, Patch, Policy
from stitchback.strategies import ALL, compose

OLD = (
    migration("shop.0001_initial", "", create("Item")),
    migration("shop.0002_a", "shop.0001_initial", add("item", "a")),
)
SQUASH = migration(
    "shop.0001_squashed", "", create("Item"), add("item", "a"), replaces="shop.0001_initial shop.0002_a"
)
FINISHED = SQUASH.with_changes(replaces=())


def case(fork: Tree, ours: tuple[Migration, ...], mainline: tuple[Migration, ...]) -> Case:
    files = fork.with_migrations({each.key: each for each in ours})
    branch = Patch(Tree("release", "release", files.migrations), fork, ours)
    return case_of((branch,), tree(*mainline), Policy())


def unit(given: Case, name: str) -> Unit:
    return next(each for each in given.units if each.key == key(name))


def without_files(given: Case) -> list[Candidate]:
    return [each for each in compose(given, ALL) if not each.edits]


def backport(parent: str, *, on_mainline: str = "shop.0001_squashed") -> Case:
    ours = migration("shop.0003_p", parent, add("item", "p"))
    return case(tree(*OLD, SQUASH), (ours,), (FINISHED, ours.with_changes(dependencies=keys(on_mainline))))


def test_an_old_name_of_a_finished_squash_counts_as_the_squash() -> None:
    for parent in ("shop.0001_initial", "shop.0002_a", "shop.0001_squashed"):
        given = backport(parent)
        assert unit(given, "shop.0003_p").has_below(key("shop.0001_squashed"))
        assert without_files(given)


def test_a_squash_that_replaced_nothing_below_the_migration_is_another_point_of_history() -> None:
    """The backport starts an app's history of its own: nothing says that a database with it has the squash."""
    given = backport("")
    assert not unit(given, "shop.0003_p").has_below(key("shop.0001_squashed"))
    assert not without_files(given)


def test_a_squash_with_its_old_files_is_not_finished() -> None:
    ours = migration("shop.0003_p", "shop.0001_initial", add("item", "p"))
    theirs = ours.with_changes(dependencies=keys("shop.0001_squashed"))
    given = case(tree(*OLD, SQUASH), (ours,), (*OLD, FINISHED, theirs))
    assert not unit(given, "shop.0003_p").has_below(key("shop.0001_squashed"))


def test_an_empty_migration_that_joins_nothing_on_mainline_is_left_out() -> None:
    ours = migration("shop.0003_merge", "shop.0002_base")
    given = case_of((patch(ours),), situation(*MAINLINE).mainline, Policy())
    assert without_files(given)


def test_an_empty_migration_that_joins_two_files_of_mainline_is_brought() -> None:
    other = migration("shop.0003_q", "shop.0002_base", add("item", "q"))
    join = migration("shop.0004_merge", "shop.0003_p shop.0003_q")
    given = case_of(
        (patch(P, other, join),),
        situation(migration("shop.0003_y", "shop.0002_base", add("item", "y"))).mainline,
        Policy(),
    )
    (merged,) = [each for each in compose(given, ALL) if each.strategies == {"shop": "merge"}]
    assert join.key in {edit.key for edit in merged.edits}


def test_a_file_whose_dependency_its_branch_lacks_is_on_no_database() -> None:
    copied = migration("shop.0004_m", "shop.0003_check", add("item", "color"))
    theirs = (
        copied.with_changes(dependencies=keys("shop.0002_base")),
        migration("shop.0003_check", "shop.0004_m", add("item", "check")),
    )
    child = migration("shop.0005_child", "shop.0004_m", add("item", "child"))
    given = case_of((patch(copied, child),), situation(*theirs).mainline, Policy())
    assert unit(given, "shop.0004_m").is_never_applied
    assert unit(given, "shop.0005_child").is_never_applied
    alone = case_of((patch(copied),), situation(*theirs).mainline, Policy())
    assert without_files(alone)


def test_a_file_whose_dependencies_its_branch_has_may_be_on_databases() -> None:
    given = case_of((patch(P),), situation(P, *MAINLINE).mainline, Policy())
    assert not unit(given, "shop.0003_p").is_never_applied
