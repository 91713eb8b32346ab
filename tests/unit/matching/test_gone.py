"""What the patch branch altered and mainline has removed, and what is contrary beside it."""

from __future__ import annotations

import pytest
from migration_values import add, alter, char, create, delete, field, migration, operation, remove, rename
from plans_by_hand import patch, situation

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration
from stitchback.model.values import Constant
from stitchback.strategies.written_operations import state_only

LONGER = migration("shop.0003_longer", "shop.0002_base", alter("item", "label", char(200)))
GONE = migration("shop.0004_gone", "shop.0002_base", remove("item", "label"))


def case_of(ours: Migration, *theirs: Migration) -> Case:
    given = situation(*theirs, patches=[patch(ours)])
    split = tuple((each, sides(each, given.mainline)) for each in given.patches)
    return Case(given, tuple(Side(each, found, compare(found, {})) for each, found in split))


def match_of(case: Case) -> Match:
    (match,) = case.sides[0].comparison.matches
    return match


def test_an_alteration_of_what_mainline_has_removed_is_moot() -> None:
    case = case_of(LONGER, GONE)
    match = match_of(case)
    assert (match.verdict, match.given, match.moot) == (Verdict.EVOLVED, (), True)
    (unit,) = case.units
    assert unit.skipped_units == {0}


def test_another_alteration_of_mainlines_before_the_removal_stands_against_it() -> None:
    """It starts from a shape that patched databases do not have."""
    other = migration("shop.0003_other", "shop.0002_base", alter("item", "label", char(300)))
    case = case_of(LONGER, other, GONE.with_changes(dependencies=(other.key,)))
    match = match_of(case)
    assert (match.verdict, len(match.given), match.moot) == (Verdict.DIFFERENT, 1, False)


def test_the_same_alteration_before_the_removal_is_no_news() -> None:
    same = migration("shop.0003_same", "shop.0002_base", alter("item", "label", char(200)))
    case = case_of(LONGER, same, GONE.with_changes(dependencies=(same.key,)))
    assert (match_of(case).verdict, match_of(case).moot) == (Verdict.EVOLVED, False)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (remove("item", "label"), alter("item", "label", char(200))),
        (rename("item", "label", "title"), remove("item", "label")),
        (rename("item", "label", "title"), rename("item", "label", "name")),
    ],
    ids=["removed and altered", "renamed and removed", "renamed twice"],
)
def test_contrary_changes_stay_contrary(ours: object, theirs: object) -> None:
    case = case_of(LONGER.with_changes(operations=(ours,)), GONE.with_changes(operations=(theirs,)))
    assert match_of(case).verdict is Verdict.CONTRARY


class TestWhatIsAddedToATableThatMainlineRemoves:
    GONE = migration("shop.0004_gone", "shop.0002_base", delete("item"))
    ADDED = migration("shop.0003_more", "shop.0002_base", add("item", "more"))

    def test_it_goes_with_the_table(self) -> None:
        case = case_of(self.ADDED, self.GONE)
        match = match_of(case)
        assert (match.verdict, match.moot) == (Verdict.EVOLVED, True)
        assert [str(atom.origin.migration) for atom in match.mainline] == ["shop.0004_gone"]
        assert case.units[0].skipped_units == {0}

    def test_under_another_name_too(self) -> None:
        renamed = migration(
            "shop.0003_name",
            "shop.0002_base",
            operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing")),
        )
        gone = migration("shop.0004_gone", "shop.0003_name", delete("thing"))
        assert match_of(case_of(self.ADDED, renamed, gone)).moot

    def test_near_miss_a_many_to_many_field_has_its_own_table(self) -> None:
        many_to_many = field("ManyToManyField", to=Constant("shop.item"))
        many = self.ADDED.with_changes(operations=(add("item", "others", many_to_many),))
        assert match_of(case_of(many, self.GONE)).verdict is Verdict.PATCH_ONLY

    def test_near_miss_a_table_that_is_removed_from_the_state_alone_stays(self) -> None:
        state = self.GONE.with_changes(operations=(state_only(delete("item")),))
        assert not match_of(case_of(self.ADDED, state)).moot

    def test_near_miss_a_table_that_mainline_makes_again(self) -> None:
        again = migration("shop.0005_again", "shop.0004_gone", create("Item"))
        assert not match_of(case_of(self.ADDED, self.GONE, again)).moot
