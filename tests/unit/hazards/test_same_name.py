"""What is said of two migrations of one name."""

from __future__ import annotations

from migration_values import TRUE, add, alter, char, migration
from plans_by_hand import FORK, patch, situation

from stitchback.hazards.same_name import SameNameOtherSchema
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration


def said(ours: tuple[Migration, ...], *theirs: Migration) -> list[str]:
    given = situation(*theirs, patches=[patch(*ours, fork=FORK)])
    split = sides(given.patches[0], given.mainline)
    case = Case(given, (Side(given.patches[0], split, compare(split, {})),))
    return [finding.message for finding in SameNameOtherSchema().find(case)]


def test_a_column_that_only_mainlines_file_adds_is_lacking() -> None:
    ours = migration("shop.0003_n", "shop.0002_base", add("item", "color"))
    theirs = migration("shop.0003_n", "shop.0002_base", add("item", "color"), add("item", "size"))
    (message,) = said((ours,), theirs)
    assert message.endswith(": databases of release/2.4 lack column shop.item.size")


def test_a_column_that_both_have_and_only_mainlines_file_alters_is_not_lacking() -> None:
    """pulp_rpm 3.3: 0009 was a slip there and right on main; 0010, the same file on both, mended it."""
    mended = migration("shop.0004_n", "shop.0003_n", alter("item", "label", char(30, null=TRUE)))
    ours = migration("shop.0003_n", "shop.0002_base", alter("item", "label", char(20)))
    theirs = migration("shop.0003_n", "shop.0002_base", alter("item", "label", char(30, null=TRUE)))
    (message,) = said((ours, mended), theirs, mended)
    assert message.endswith(": databases of release/2.4 do not get its change of column shop.item.label")
