from __future__ import annotations

from migration_values import add, edited, key, migration, tree

from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Opaque, Span
from stitchback.squashing.linear_runs import runs_of
from stitchback.squashing.obstacles import Obstacle, RunEnd


def line(*changes: Migration) -> Tree:
    """shop.0001 … 0004, some of them otherwise; people.0001."""
    own = [migration("shop.0001", "", add("item", "a"))]
    own += [migration(f"shop.000{n}", f"shop.000{n - 1}", add("item", "b")) for n in (2, 3, 4)]
    return tree(migration("people.0001"), *own).with_migrations({each.key: each for each in changes})


def runs(given: Tree) -> list[str]:
    return [" ".join(each.name for each in run.migrations) for run in runs_of(given).runs]


def ends(given: Tree) -> set[RunEnd]:
    return {end for run in runs_of(given).runs for end in (*run.before, *run.after)}


def test_the_whole_line() -> None:
    assert runs(line()) == ["0001 0002 0003 0004"]
    assert ends(line()) == set()


def test_an_operation_that_cannot_be_read_is_in_no_run() -> None:
    given = line(
        migration("shop.0003", "shop.0002", Opaque("a reason", "x()", Span("shop/migrations/0003.py")))
    )
    assert runs(given) == ["0001 0002"]
    assert {end.obstacle for end in ends(given)} == {Obstacle.OPAQUE}
    assert [(each.migration.name, each.obstacle, each.whose.name) for each in runs_of(given).alone] == [
        ("0003", Obstacle.OPAQUE, "0003"),
        ("0004", Obstacle.OPAQUE, "0003"),
    ]


def test_a_migration_that_is_not_atomic_is_in_no_run() -> None:
    given = line(edited(migration("shop.0002", "shop.0001", add("item", "b")), atomic=False))
    assert runs(given) == ["0003 0004"]
    assert ends(given) == {RunEnd(key("shop.0002"), Obstacle.NOT_ATOMIC, key("shop.0002"))}


def test_a_dependency_on_another_app_ends_a_run() -> None:
    given = line(migration("shop.0003", "shop.0002 people.0001", add("item", "b")))
    assert runs(given) == ["0001 0002", "0003 0004"]
    assert {end.obstacle for end in ends(given)} == {Obstacle.OTHER_APP}


def test_near_miss_a_dependency_that_the_first_has_too_ends_none() -> None:
    given = line(
        migration("shop.0001", "people.0001", add("item", "a")),
        migration("shop.0003", "shop.0002 people.0001", add("item", "b")),
    )
    assert runs(given) == ["0001 0002 0003 0004"]


def test_a_package_that_the_first_does_not_depend_on_ends_a_run() -> None:
    given = line(migration("shop.0003", "shop.0002 auth.0012", add("item", "b")))
    assert runs(given) == ["0001 0002", "0003 0004"]


def test_the_last_may_have_several_dependents() -> None:
    given = line(migration("shop.0004", "shop.0002", add("item", "b")))
    assert runs(given) == ["0001 0002"]
    assert {(end.obstacle, end.others) for end in ends(given)} == {
        (Obstacle.BRANCH, ("shop.0004",)),
        (Obstacle.BRANCH, ("shop.0003",)),
    }


def test_a_migration_without_a_run_has_a_reason() -> None:
    given = line(migration("shop.0004", "shop.0002", add("item", "b")))
    assert [(each.migration.name, each.obstacle) for each in runs_of(given).alone] == [
        ("0003", Obstacle.BRANCH),
        ("0004", Obstacle.BRANCH),
    ]
