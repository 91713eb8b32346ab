"""What both branches create under different names, or with a reference to a model under two names, where a rename explains it."""

from __future__ import annotations

from migration_values import (
    add,
    add_index,
    alter,
    char,
    create,
    field,
    foreign_key,
    migration,
    operation,
    rename,
)
from plans_by_hand import patch, situation

from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.matches import Match, Verdict
from stitchback.model.operations import Operation
from stitchback.model.values import Constant


def matches(ours: tuple[Operation, ...], theirs: tuple[Operation, ...]) -> tuple[Match, ...]:
    mine = migration("shop.0003_p", "shop.0002_base", *ours)
    given = situation(migration("shop.0003_m", "shop.0002_base", *theirs), patches=[patch(mine)])
    (each,) = given.patches
    split = sides(each, given.mainline)
    case = Case(given, (Side(each, split, compare(split, {})),))
    return case.sides[0].comparison.matches


def verdicts(ours: tuple[Operation, ...], theirs: tuple[Operation, ...]) -> list[Verdict]:
    return [match.verdict for match in matches(ours, theirs)]


class TestOneNameAtTheEnd:
    AT_ONCE = (add("item", "grams", char(9)),)
    RENAMED = (add("item", "weight", char(9)), rename("item", "weight", "grams"))

    def test_renamed_on_either_branch(self) -> None:
        assert verdicts(self.RENAMED, self.AT_ONCE) == [Verdict.IDENTICAL]
        assert verdicts(self.AT_ONCE, self.RENAMED) == [Verdict.IDENTICAL]

    def test_in_another_shape(self) -> None:
        assert verdicts(self.RENAMED, (add("item", "grams", char(50)),)) == [Verdict.DIFFERENT]

    def test_mainline_has_renamed_it_again(self) -> None:
        gone_on = (*self.AT_ONCE, rename("item", "grams", "kilos"))
        (match,) = matches(self.RENAMED, gone_on)
        assert (match.verdict, len(match.given)) == (Verdict.EVOLVED, 1)

    def test_of_two_that_had_the_name_the_one_that_has_it_at_the_end(self) -> None:
        ours = (add("item", "weight"), alter("item", "weight", char(9)), rename("item", "weight", "grams"))
        theirs = (
            add("item", "first", char(9)),
            rename("item", "first", "grams"),
            rename("item", "grams", "old"),
            add("item", "second", char(9)),
            rename("item", "second", "grams"),
        )
        (match,) = matches(ours, theirs)
        assert match.verdict is Verdict.IDENTICAL
        assert [atom.schema_object.name for atom in match.mainline] == ["second", "second"]  # type: ignore[union-attr]

    def test_near_miss_another_last_name(self) -> None:
        assert verdicts(self.RENAMED, (add("item", "kilos", char(9)),)) == [Verdict.PATCH_ONLY]

    def test_near_miss_an_index_of_the_name_is_no_column(self) -> None:
        indexed = (add_index("item", "grams", "label"),)
        assert verdicts(self.RENAMED, indexed) == [Verdict.PATCH_ONLY]

    def test_near_miss_another_model(self) -> None:
        elsewhere = (create("Box"), add("box", "grams", char(9)))
        assert verdicts(self.RENAMED, elsewhere) == [Verdict.PATCH_ONLY]

    def test_near_miss_it_was_there_at_the_fork_point(self) -> None:
        there = (rename("item", "label", "grams"),)
        assert Verdict.IDENTICAL not in verdicts(self.RENAMED, there)


class TestReferenceToARenamedModel:
    RENAME = operation("RenameModel", old_name=Constant("Maker"), new_name=Constant("Smith"))

    def test_a_foreign_key(self) -> None:
        ours = (create("Maker"), add("item", "maker", foreign_key("shop.maker")))
        theirs = (create("Maker"), self.RENAME, add("item", "maker", foreign_key("shop.smith")))
        assert Verdict.DIFFERENT not in verdicts(ours, theirs)

    def test_a_many_to_many_field(self) -> None:
        ours = (create("Maker"), add("item", "makers", field("ManyToManyField", to=Constant("shop.maker"))))
        theirs = (
            create("Maker"),
            self.RENAME,
            add("item", "makers", field("ManyToManyField", to=Constant("shop.smith"))),
        )
        assert Verdict.DIFFERENT not in verdicts(ours, theirs)

    def test_near_miss_another_model_of_that_name(self) -> None:
        ours = (create("Maker"), add("item", "maker", foreign_key("shop.maker")))
        theirs = (create("Maker"), create("Smith"), add("item", "maker", foreign_key("shop.smith")))
        assert Verdict.DIFFERENT in verdicts(ours, theirs)
