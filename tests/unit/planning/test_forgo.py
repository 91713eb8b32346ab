"""forgo: what is not to be made anywhere any more."""

from __future__ import annotations

from migration_values import add, alter, char, migration, remove
from plans_by_hand import patch, situation

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration
from stitchback.strategies.draft import Draft
from stitchback.strategies.skip_dropped import SkipDropped

GONE = migration("shop.0004_gone", "shop.0002_base", remove("item", "label"))
LONGER = alter("item", "label", char(200))


def pending_units(*operations: object) -> Draft | None:
    ours = Migration.with_changes(
        migration("shop.0003_longer", "shop.0002_base", LONGER), operations=tuple(operations)
    )
    given = situation(GONE, patches=[patch(ours)])
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    case = Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))
    (unit,) = case.units
    return SkipDropped().propose(Draft(given.mainline), unit)


def test_what_hung_on_it_hangs_on_its_parent() -> None:
    draft = pending_units(LONGER)
    assert draft is not None
    assert draft.edits == ()
    assert {str(key): str(there) for key, there in draft.replacements.items()} == {
        "shop.0003_longer": "shop.0002_base"
    }


def test_not_where_there_is_more_or_nothing() -> None:
    assert pending_units(LONGER, add("item", "size")) is None
    assert pending_units() is None
