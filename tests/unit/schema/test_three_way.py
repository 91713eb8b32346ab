"""The rules of the three-way merge of models that no strategy needs to be seen by: each alone, on values."""

from __future__ import annotations

from functools import reduce

import pytest
from migration_values import add, char, create, integer, migration, operation, remove, rename

from stitchback.matching.three_way import (
    Branch,
    BranchSides,
    as_in_result,
    changed_at_once,
    names_of,
    parts_without_field,
)
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState
from stitchback.model.values import Call, Constant, Items, Reference, Value
from stitchback.operations.applying import apply_migration
from stitchback.operations.named_models import play_names, stated
from stitchback.schema.identity import Identity
from stitchback.schema.model_parts import Absence, Part

NOBODY = frozenset[str]()
GONE = Absence.GONE


@pytest.mark.parametrize(
    ("was", "theirs", "ours", "expected"),
    [
        ("", "p", "", "p"),  # the patch branch alone
        ("", "p", "m", None),  # one that both made under two names
        ("", "p q", "m", "m p"),  # two, of which mainline has made one
        ("a", "a p", "a", "a p"),
        ("a", "a p", "a m", None),
        ("a", "p", "a", "p"),  # renamed by the patch branch
        ("a", "p", "m", None),
        ("p", "p", "", None),  # mainline has dropped it
        ("", "p", "p", None),
        ("", "m p", "m", "m p"),  # one that both made, and another
        ("a b", "a", "a b", None),  # dropped by the patch branch
    ],
)
def test_names_of_one_definition(was: str, theirs: str, ours: str, expected: str | None) -> None:
    """Mainline's, and those that only the patch branch has made."""
    before, patch, mainline = (frozenset(each.split()) for each in (was, theirs, ours))
    found = names_of(before, patch, mainline, NOBODY)
    assert found == (None if expected is None else frozenset(expected.split()))


def test_of_two_names_the_one_that_the_result_has() -> None:
    before, patch, mainline = NOBODY, frozenset({"p", "q"}), frozenset({"m"})
    assert names_of(before, patch, mainline, frozenset({"m", "q"})) == {"m", "q"}
    assert names_of(before, patch, mainline, GONE) == {"m", "p"}


def test_names_only_where_both_have_the_definition() -> None:
    assert names_of(GONE, frozenset({"p"}), GONE, GONE) is None
    assert names_of(GONE, GONE, frozenset({"m"}), GONE) is None
    assert names_of(GONE, frozenset({"p"}), NOBODY, GONE) == {"p"}


ITEM = ModelKey.of("shop", "item")
BASE = (create("Item", label=char(), size=integer(), other=integer()),)


def branch(*operations: Operation) -> Branch:
    """After the base."""
    state = reduce(apply_migration, [migration("shop.0001_a", "", *BASE)], SchemaState())
    identity = Identity()
    for each in operations:
        state = apply_migration(state, migration("shop.0002_b", "shop.0001_a", each))
        for one in stated((each,)):
            play_names(identity, "shop", one)
    return Branch(state, identity)


def names(*fields: str) -> Items:
    return Items("list", tuple(map(Constant, fields)))


def index(*fields: str, name: str = "i", **more: Value) -> Operation:
    pairs = {"fields": names(*fields), "name": Constant(name)} | more
    return operation(
        "AddIndex",
        model_name=Constant("item"),
        index=Call(Reference("django.db.models.Index"), (), tuple(pairs.items())),
    )


def check(field: str, name: str = "c") -> Operation:
    condition = Call(Reference("django.db.models.Q"), (), ((f"{field}__gt", Constant(0)),))
    made = Call(
        Reference("django.db.models.CheckConstraint"),
        (),
        (("condition", condition), ("name", Constant(name))),
    )
    return operation("AddConstraint", model_name=Constant("item"), constraint=made)


def together(kind: str, *fields: str) -> Operation:
    argument = "unique_together" if kind == "Unique" else "index_together"
    return operation(
        f"Alter{kind}Together",
        name=Constant("item"),
        **{argument: Items("set", (Items("tuple", tuple(map(Constant, fields))),))},
    )


def go_with_it(patch: tuple[Operation, ...], mainline: tuple[Operation, ...], altered: str = "") -> list[str]:
    nobody = Branch(branch().state, Identity())
    theirs, ours = branch(*patch), branch(*mainline)
    parts = frozenset(Part(ITEM, "field", name) for name in altered.split())
    sides = BranchSides("release/2.4", nobody.state, theirs, ours, ours, parts)
    base = nobody.parts(ITEM)
    return sorted(each.kind for each in parts_without_field(ITEM, sides, base, ours.parts(ITEM)))


class TestWhatGoesWithAFieldThatMainlineRemoved:
    GONE = (remove("item", "size"),)

    @pytest.mark.parametrize(
        ("made", "kind"),
        [
            (index("size"), "index"),
            (index("label", "-size"), "index"),
            (check("size"), "constraint"),
            (together("Unique", "label", "size"), "unique together"),
            (together("Index", "label", "size"), "index together"),
        ],
    )
    def test_all_that_needs_it(self, made: Operation, kind: str) -> None:
        assert go_with_it((made,), self.GONE) == [kind]
        assert go_with_it((made,), ()) == []

    @pytest.mark.parametrize(
        "made",
        [
            index("label"),
            check("other"),
            together("Unique", "label", "other"),
            together("Index", "label", "other"),
        ],
    )
    def test_nothing_that_needs_another(self, made: Operation) -> None:
        assert go_with_it((made,), self.GONE) == []

    def test_by_the_name_that_the_patch_branch_has_given_it(self) -> None:
        renamed = rename("item", "size", "width")
        assert go_with_it((renamed, index("width")), self.GONE) == ["index"]
        assert go_with_it((renamed, index("label")), self.GONE) == []

    def test_together_under_the_names_of_the_fork_point(self) -> None:
        nobody = Branch(branch().state, Identity())
        theirs, ours = (
            branch(rename("item", "size", "width"), together("Unique", "width", "label")),
            branch(*self.GONE),
        )
        sides = BranchSides("release/2.4", nobody.state, theirs, ours, ours)
        (found,) = parts_without_field(ITEM, sides, nobody.parts(ITEM), ours.parts(ITEM))
        assert found == Part(ITEM, "unique together", "label,size")

    def test_a_field_that_mainline_made_and_removed_since(self) -> None:
        made = (add("item", "late", integer()), index("late"))
        assert go_with_it(made, (), altered="late") == ["index"]
        assert go_with_it(made, ()) == []

    def test_not_where_mainline_has_no_such_model(self) -> None:
        deleted = operation("DeleteModel", name=Constant("item"))
        assert go_with_it((index("size"),), (deleted,)) == []


def test_a_field_of_another_model_is_none_of_this_one() -> None:
    nobody = Branch(branch().state, Identity())
    theirs = branch(add("item", "late", integer()), index("late"))
    altered = frozenset({Part(ModelKey.of("shop", "other"), "field", "late"), Part(ITEM, "option", "late")})
    sides = BranchSides("release/2.4", nobody.state, theirs, nobody, nobody, altered)
    base = nobody.parts(ITEM)
    assert list(parts_without_field(ITEM, sides, base, base)) == []


def test_parts_that_mainline_has_for_a_moment() -> None:
    """A field that comes; nothing of a model that no operation has touched."""
    before, now = branch(), branch(add("item", "late", integer()))
    every = frozenset({ITEM})
    assert Part(ITEM, "field", "late") in set(changed_at_once(before, before.state, now, every, set()))
    assert list(changed_at_once(before, now.state, now, every, set())) == []
    assert list(changed_at_once(before, before.state, now, frozenset(), set())) == []


def test_of_a_model_that_was_compared_only_what_has_changed_since_is_compared_again() -> None:
    base, compared, every = branch(), {ITEM}, frozenset({ITEM})
    late = branch(add("item", "late", integer()))
    both = branch(add("item", "late", integer()), add("item", "later", integer()))
    found = set(changed_at_once(base, late.state, both, every, compared))
    assert Part(ITEM, "field", "later") in found
    assert Part(ITEM, "field", "late") in set(changed_at_once(base, late.state, both, every, set()))
    again = branch(add("item", "late", char(9)))
    assert Part(ITEM, "field", "late") in set(changed_at_once(base, late.state, again, every, compared))


def test_an_index_is_the_same_after_a_field_of_it_is_renamed() -> None:
    """Django's RenameField leaves the index in the database; the model's index has the new name only where an operation says so."""

    def over(name: str) -> Call:
        fields = Items("list", (Constant(f"-{name}"), Constant("label")))
        return Call(
            Reference("django.db.models.Index"), (), (("fields", fields), ("name", Constant("by_size")))
        )

    def added(name: str) -> Operation:
        return operation("AddIndex", model_name=Constant("item"), index=over(name))

    renamed = branch(rename("item", "size", "width"), added("width"))
    old, new, other = (
        {part for part in each.parts(ITEM) if part.kind == "index"}
        for each in (branch(added("size")), renamed, branch(added("label")))
    )
    assert old == new != other


def grown(*operations: Operation) -> Branch:
    """Since a base that has shop.item with `label`."""
    base = apply_migration(SchemaState(), migration("shop.0001_base", "", create("Item", label=char())))
    own = migration("shop.0002_own", "shop.0001_base", *operations)
    identity = Identity()
    for each in stated(operations):
        play_names(identity, "shop", each)
    return Branch(apply_migration(base, own), identity)


def fields_as_in(result: Branch, branch: Branch) -> set[str]:
    base = grown()
    sides = BranchSides("release", base, branch, branch, result)
    item = ModelKey.of("shop", "item")
    parts = as_in_result(branch, item, sides).parts(item)
    return {part.name for part in parts if part.kind == "field"} - {"id"}


def test_a_new_field_is_the_results_of_its_last_name() -> None:
    at_once = grown(add("item", "grams"))
    renamed = grown(add("item", "weight"), rename("item", "weight", "grams"))
    assert fields_as_in(at_once, renamed) == {"label", "grams"}
    assert fields_as_in(renamed, at_once) == {"label", "weight"}
    assert fields_as_in(renamed, renamed) == {"label", "weight"}


def test_near_miss_a_field_of_the_base_and_one_that_the_result_has_beside_it_keep_their_identities() -> None:
    at_once = grown(add("item", "grams"))
    of_base = grown(rename("item", "label", "grams"))
    assert fields_as_in(at_once, of_base) == {"label"}
    assert fields_as_in(of_base, at_once) == {"label", "grams"}
    both = grown(add("item", "weight"), rename("item", "weight", "grams"), add("item", "weight"))
    assert fields_as_in(both, grown(add("item", "weight"))) == {"label", "weight"}
