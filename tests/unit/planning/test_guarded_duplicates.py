"""What `guard` makes conditional: a change that mainline has moved out of a migration of the same name, and a column in another shape beside
one of the patch branch's alone."""

from __future__ import annotations

from migration_values import add, alter, char, create, integer, migration, remove, tree

from stitchback.matching.build_case import case_of
from stitchback.model.edits import MakeConditional, SetOperations, WriteFile
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate, Patch, Policy
from stitchback.strategies import ALL, compose

BASE = migration("shop.0001_initial", "", create("Item", old=integer(), size=char(20)))
FORK = tree(BASE, ref="v2.4")


def guards(ours: Migration, *theirs: Migration) -> list[Candidate]:
    files = FORK.with_migrations({ours.key: ours})
    branch = Patch(Tree("release", "release", files.migrations), FORK, (ours,))
    case = case_of((branch,), tree(BASE, *theirs), Policy())
    return [each for each in compose(case, ALL, "guard") if each.edits]


def conditional(found: Candidate) -> dict[str, int]:
    return {
        edit.key.name: sum(
            isinstance(each, MakeConditional)
            for change in edit.changes
            if isinstance(change, SetOperations)
            for each in change.operations
        )
        for edit in found.edits
        if isinstance(edit, WriteFile)
    }


NEW = migration("shop.0002_new", "shop.0001_initial", add("item", "new"), remove("item", "old"))
DROP = migration("shop.0003_drop", "shop.0002_new", remove("item", "old"))


def test_a_removal_that_mainline_has_moved_to_a_later_migration() -> None:
    (found,) = guards(NEW, NEW.with_changes(operations=NEW.operations[:1], blob="main"), DROP)
    assert conditional(found) == {"0003_drop": 1}


def test_not_where_mainlines_migration_of_that_name_does_more() -> None:
    more = NEW.with_changes(operations=(NEW.operations[0], add("item", "more")), blob="main")
    assert guards(NEW, more, DROP) == []


def test_not_where_mainlines_migration_depends_on_more() -> None:
    own = migration("shop.0002_own", "shop.0001_initial", add("item", "own"))
    later = NEW.with_changes(operations=NEW.operations[:1], dependencies=(own.key,), blob="main")
    assert guards(NEW, own, later, DROP) == []


SYNC = migration("shop.0002_sync", "shop.0001_initial", add("item", "last", char(20)), add("item", "first"))


def test_a_column_in_another_shape_beside_one_of_the_patchs_alone() -> None:
    own = migration("shop.0002_last", "shop.0001_initial", add("item", "last", char(40)))
    (found,) = guards(SYNC, own)
    assert conditional(found) == {"0002_sync": 1, "0002_last": 1, "0003_merge_0002_last_0002_sync": 0}


def test_not_an_alteration_to_another_shape() -> None:
    """Whichever ran last would have the last word."""
    ours = migration(
        "shop.0002_sync", "shop.0001_initial", alter("item", "size", char(30)), add("item", "first")
    )
    own = migration("shop.0002_size", "shop.0001_initial", alter("item", "size", char(40)))
    assert guards(ours, own) == []
