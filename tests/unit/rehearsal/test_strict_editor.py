"""What the strict schema editor refuses, each rule alone, and next to it what it must let pass. SQLite itself says nothing of any of these."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import TRUE, add, alter, char, create, delete, integer, migration, operation, remove
from plans_by_hand import BLOG, candidate, patch, situation
from rehearsing_by_hand import refusals

from stitchback.model.operations import Operation
from stitchback.model.values import Call, Constant, Dictionary, Items, Reference

ELSEWHERE = "which only SQLite corrects"
NOTHING = operation("AlterModelOptions", name=Constant("item"), options=Dictionary(()))
LONGER = alter("item", "label", char(60))  # SQLite remakes the table


def looking(made: Operation) -> Operation:
    """As stitchback writes it: only where the database lacks it."""
    return replace(made, conditional=True)


def database_only(made: Operation) -> Operation:
    return replace(operation("SeparateDatabaseAndState"), database=(made,))


def index(*fields: str, name: str = "i") -> Operation:
    return operation(
        "AddIndex", model_name=Constant("item"), index=named("django.db.models.Index", name, fields)
    )


def unique(*fields: str, name: str = "u") -> Operation:
    made = named("django.db.models.UniqueConstraint", name, fields)
    return operation("AddConstraint", model_name=Constant("item"), constraint=made)


def named(path: str, name: str, fields: tuple[str, ...]) -> Call:
    items = Items("list", tuple(map(Constant, fields)))
    return Call(Reference(path), (), (("fields", items), ("name", Constant(name))))


def said(*operations: Operation, ours: Operation, theirs: Operation, sqlite: bool = True) -> str:
    """Mainline has a migration of the patch's name that does something else, and these operations after it. Of the patched databases alone."""
    own = migration("shop.0003_hotfix", "shop.0002_base", ours)
    twin = migration("shop.0003_hotfix", "shop.0002_base", theirs)
    later = migration("shop.0004_later", "shop.0003_hotfix", *operations)
    given = situation(twin, later, patches=[patch(own)])
    given = replace(given, policy=replace(given.policy, sqlite=sqlite))
    found = refusals(candidate(given), given).splitlines()
    assert all(line.startswith("release/2.4") for line in found)
    return "\n".join(found)


def passes(*operations: Operation) -> str:
    """The patch branch does these; every database has rows. What mainline did would be no fault of a plan."""
    ours = migration("shop.0003_p", "shop.0002_base", *operations)
    given = situation(BLOG, patches=[patch(ours)])
    return refusals(candidate(given, ours), given)


class TestColumns:
    def test_one_that_is_removed_and_not_there(self) -> None:
        """A remake leaves it out without a word."""
        made = add("item", "u1", integer(unique=TRUE))
        found = said(remove("item", "u1"), ours=add("item", "x1"), theirs=made, sqlite=False)
        assert "no such column: shop_item.u1" in found

    def test_one_that_a_remake_makes(self) -> None:
        found = said(LONGER, ours=add("item", "x1"), theirs=add("item", "u1"))
        assert "SQLite recreates shop_item from models with other columns: shop_item.u1 is missing" in found
        assert "shop_item.x1 is unexpected" in found

    def test_one_that_a_remake_makes_where_no_database_is_sqlite(self) -> None:
        """Another engine's table stays as it is, until an operation makes the column or removes it."""
        made = {"ours": add("item", "x1"), "theirs": add("item", "u1")}
        found = said(LONGER, sqlite=False, **made)
        assert f"column shop_item.u1 is missing, {ELSEWHERE}" in found
        assert f"column shop_item.x1 is unexpected, {ELSEWHERE}" in found
        bridge = LONGER, database_only(add("item", "u1"))
        assert said(*bridge, looking(add("item", "x1")), sqlite=False, **made) == ""
        assert "x1 is unexpected" in said(*bridge, add("item", "x1"), sqlite=False, **made)
        assert "u1 is missing" in said(LONGER, looking(add("item", "x1")), sqlite=False, **made)

    def test_one_that_gets_another_type_by_a_remake(self) -> None:
        made = {
            "ours": add("item", "u1", char(9, null=TRUE)),
            "theirs": add("item", "u1", char(99, null=TRUE)),
        }
        assert f"shop_item.u1 is varchar(9) null instead of varchar(99) null, {ELSEWHERE}" in said(
            LONGER, **made
        )
        altered = alter("item", "u1", char(120, null=TRUE))
        assert said(LONGER, altered, **made) == ""
        assert said(altered, LONGER, **made) == ""
        nothing = alter("item", "u1", char(99, null=TRUE, verbose_name=Constant("as it is")))
        assert ELSEWHERE in said(LONGER, nothing, **made), "for which Django has no SQL"
        assert ELSEWHERE in said(LONGER, alter("item", "base", char(99, null=TRUE)), **made)


class TestIndexesAndConstraints:
    @pytest.mark.parametrize(
        ("made", "settles"),
        [
            (index("label"), operation("RemoveIndex", model_name=Constant("item"), name=Constant("i"))),
            (unique("label"), operation("RemoveConstraint", model_name=Constant("item"), name=Constant("u"))),
        ],
    )
    def test_one_that_a_remake_makes(self, made: Operation, settles: Operation) -> None:
        both = {"ours": NOTHING, "theirs": made}
        assert f'("label") is missing, {ELSEWHERE}' in said(
            alter("item", "base", char(60, null=TRUE)), **both
        )
        assert ELSEWHERE not in said(alter("item", "base", char(60, null=TRUE)), settles, **both)

    def test_an_index_of_a_column_that_a_remake_drops_and_a_conditional_alteration_makes_again(self) -> None:
        """On another engine the operation finds it. Near miss: the same of another column."""
        indexed = alter("item", "base", char(20, null=TRUE, db_index=TRUE))
        other = alter("item", "label", char(60, db_index=TRUE))
        both = {"ours": indexed, "theirs": NOTHING}
        assert f'("base") is unexpected, {ELSEWHERE}' in said(LONGER, **both)
        assert ELSEWHERE not in said(LONGER, looking(indexed), **both)
        assert f'("base") is unexpected, {ELSEWHERE}' in said(LONGER, looking(other), **both)

    def test_a_constraint_that_is_added_and_removed_by_a_remake_of_its_own(self) -> None:
        removed = operation("RemoveConstraint", model_name=Constant("item"), name=Constant("u"))
        assert passes(unique("label", "base")) == ""
        assert passes(unique("label", "base"), removed) == ""
        assert passes(unique("label", "base"), LONGER) == ""

    def test_an_index_that_the_same_migration_has_still_to_make(self) -> None:
        """CreateModel leaves its indexes to the end of the migration."""
        made = create("Kind", name=char(9, db_index=TRUE), size=integer())
        assert passes(made, alter("kind", "size", integer(null=Constant(False)))) == ""


class TestValues:
    """Two rows in every table: values that an operation changes are no loss."""

    def test_of_a_column_that_gets_another_type(self) -> None:
        assert passes(alter("item", "base", integer())) == ""

    def test_of_a_column_that_is_made_anew(self) -> None:
        assert passes(remove("item", "base"), add("item", "base")) == ""

    def test_of_a_model_that_is_made_anew(self) -> None:
        assert passes(delete("Item"), create("Item", label=char())) == ""

    def test_of_a_model_whose_name_another_one_gets(self) -> None:
        renamed = operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Memo"))
        assert passes(renamed, create("Item", label=char())) == ""
