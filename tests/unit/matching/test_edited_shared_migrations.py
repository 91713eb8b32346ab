"""Which edits of released migrations a database sees (FACTS F38)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import MODELS, TRUE, add, alter, char, create, integer, key, keys, migration, run_python
from plans_by_hand import FORK, P, changed, patch

from stitchback.matching.edited_shared_migrations import EditedSharedMigrations
from stitchback.matching.match import compare, edited_since
from stitchback.matching.sides import sides
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration, Tree, field_bases_of
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Constant, Reference, Value
from stitchback.strategies.written_operations import state_only

BASE = FORK.migrations[key("shop.0002_base")]
LATER = migration("shop.0003_later", "shop.0002_base", add("item", "later"))
NAMED = char(20, verbose_name=Constant("what it is called"))


def edited(
    *operations: Operation | Opaque, later: Migration | None = None, parents: str = ""
) -> EditedSharedMigrations:
    """What is said where mainline has these operations in the released shop.0002_base."""
    fork = FORK if later is None else changed(FORK, later)
    new = BASE.with_changes(operations=operations, dependencies=(*BASE.dependencies, *keys(parents)))
    return edited_since(patch(P, fork=fork), Tree("main", "main", changed(fork, new).migrations))


def test_a_column_more_is_seen() -> None:
    assert edited(*BASE.operations, add("item", "more")) == EditedSharedMigrations(
        schema=frozenset({BASE.key})
    )


def test_a_column_less_is_seen() -> None:
    assert edited() == EditedSharedMigrations(schema=frozenset({BASE.key}))


def test_another_length_is_seen_and_another_name_for_people_is_not() -> None:
    (old,) = (add("item", "base", char(20)),)
    fork = changed(FORK, BASE.with_changes(operations=(old,)))

    def onto(operation: Operation) -> EditedSharedMigrations:
        new = BASE.with_changes(operations=(operation,))
        return edited_since(patch(P, fork=fork), changed(fork, new))

    assert onto(add("item", "base", char(30))).keys == {BASE.key}
    assert onto(add("item", "base", NAMED)) == EditedSharedMigrations()


def test_what_a_later_released_migration_mends_is_not_seen() -> None:
    mended = migration("shop.0003_mend", "shop.0002_base", alter("item", "base", char(50, null=TRUE)))
    fork = changed(FORK, mended)
    new = BASE.with_changes(operations=(add("item", "base", char(50, null=TRUE)),))
    assert edited_since(patch(fork=fork), changed(fork, new)) == EditedSharedMigrations()
    longer = BASE.with_changes(operations=(add("item", "base", char(60, null=TRUE)),))
    assert edited_since(patch(fork=fork), changed(fork, longer)) == EditedSharedMigrations()
    assert edited_since(patch(), changed(FORK, new)).keys == {BASE.key}


def test_what_moves_between_released_migrations_is_not_seen() -> None:
    """Every database of the fork point has applied both."""
    later = LATER.with_changes(operations=(*BASE.operations, *LATER.operations))
    emptied = BASE.with_changes(operations=())
    fork = changed(FORK, LATER)
    assert edited_since(patch(fork=fork), changed(fork, emptied, later)) == EditedSharedMigrations()


def test_a_dependency_that_the_release_lacks_is_seen_and_one_that_it_has_is_not() -> None:
    below = migration("shop.0001_below", "shop.0001_initial")
    hung = BASE.with_changes(dependencies=keys("shop.0001_below"))
    assert edited_since(patch(), changed(FORK, below, hung)) == EditedSharedMigrations(
        parents=frozenset({BASE.key})
    )
    assert edited(*BASE.operations, parents="blog.0001_initial") == EditedSharedMigrations()


def test_another_data_operation_is_no_other_schema() -> None:
    assert edited(*BASE.operations, run_python("mend")) == EditedSharedMigrations(data=frozenset({BASE.key}))


def test_what_cannot_be_read_on_one_side_may_be_anything() -> None:
    unread = Opaque("not known", "Fancy()", Span("shop/migrations/0002_base.py", 9))
    assert edited(*BASE.operations, unread).keys == {BASE.key}


def test_the_sides_are_compared_past_what_the_edit_leaves_as_it_was() -> None:
    """The release's later migrations belong to neither side, and neither does what the edited one makes on both."""
    fork = changed(FORK, LATER)
    new = BASE.with_changes(operations=(*BASE.operations, add("item", "more")))
    given, mainline = patch(P, fork=fork), changed(fork, new)
    split = sides(given, mainline, edited_since(given, mainline))
    assert tuple(each.key for each in split.patch) == (BASE.key, P.key)
    assert split.between == {LATER.key}
    found = compare(split)
    assert [match.verdict for match in found.matches] == [Verdict.PATCH_ONLY]
    assert {str(atom.schema_object) for atom in found.mainline_atoms if hasattr(atom, "schema_object")} == {
        "column shop.item.more"
    }


def test_a_column_that_mainline_made_later_instead_is_the_same_one() -> None:
    given = patch()
    mainline = changed(
        FORK, BASE.with_changes(operations=()), migration("shop.0003_m", "shop.0002_base", *BASE.operations)
    )
    found = compare(sides(given, mainline, edited_since(given, mainline)))
    assert [match.verdict for match in found.matches] == [Verdict.IDENTICAL]


def test_what_only_the_models_get_any_more_is_seen() -> None:
    """A fresh install of mainline has no such column."""
    assert edited(state_only(*BASE.operations)) == EditedSharedMigrations(schema=frozenset({BASE.key}))


def other_options(old: dict[str, Value], new: dict[str, Value]) -> EditedSharedMigrations:
    """A released CreateModel gets other options."""
    released = migration("shop.0003_tray", "shop.0002_base", create("tray", old, size=integer()))
    fork = changed(FORK, released)
    again = released.with_changes(operations=(create("tray", new, size=integer()),))
    return edited_since(patch(P, fork=fork), Tree("main", "main", changed(fork, again).migrations))


PROXY: dict[str, Value] = {"proxy": TRUE}
NAME = Constant("trays")


@pytest.mark.parametrize(
    ("old", "new"),
    [({}, {"verbose_name": NAME}), (PROXY, {**PROXY, "ordering": NAME}), ({"verbose_name": NAME}, {})],
    ids=["verbose_name", "ordering of a proxy", "no verbose_name"],
)
def test_an_option_that_no_database_has_is_not_seen(old: dict[str, Value], new: dict[str, Value]) -> None:
    assert other_options(old, new) == EditedSharedMigrations()


@pytest.mark.parametrize(
    ("old", "new"),
    [({}, {"db_table": NAME}), ({}, PROXY), (PROXY, {}), ({}, {"managed": Constant(False)})],
    ids=["db_table", "a proxy", "no proxy", "unmanaged"],
)
def test_near_miss_an_option_that_a_database_has(old: dict[str, Value], new: dict[str, Value]) -> None:
    assert other_options(old, new).schema == {key("shop.0003_tray")}


def test_a_proxy_under_another_name_is_not_seen() -> None:
    released = migration("shop.0003_tray", "shop.0002_base", create("tray", PROXY))
    fork = changed(FORK, released)
    again = released.with_changes(operations=(create("shelf", PROXY),))
    mainline = Tree("main", "main", changed(fork, again).migrations)
    assert edited_since(patch(P, fork=fork), mainline) == EditedSharedMigrations()


def other_class(new: str, bases: dict[str, str], *, old_base: str = "CharField") -> EditedSharedMigrations:
    """A released column of the class `goods.fields.Code` gets another class. `bases`: the classes of mainline's tree."""
    path = "goods.fields.Code"
    released = migration("shop.0003_code", "shop.0002_base", add("item", "code", custom(path)))
    fork = replace(changed(FORK, released), field_bases={path: f"{MODELS}{old_base}"})
    again = released.with_changes(operations=(add("item", "code", custom(new)),))
    mainline = Tree("main", "main", changed(fork, again).migrations, field_bases=bases)
    return edited_since(patch(P, fork=fork), mainline, field_bases_of(mainline, fork))


def custom(path: str) -> Call:
    """Its module's function is an argument."""
    function = Reference(f"{path.rpartition('.')[0]}.ordered")
    return Call(Reference(path), (), (("by", function), ("max_length", Constant(20))))


MOVED = "core.fields.Code"


def test_a_field_class_that_mainline_has_moved_is_not_seen() -> None:
    assert other_class(MOVED, {MOVED: f"{MODELS}CharField"}) == EditedSharedMigrations()


@pytest.mark.parametrize(
    ("new", "bases"),
    [
        (MOVED, {MOVED: f"{MODELS}TextField"}),
        (MOVED, {MOVED: f"{MODELS}CharField", "goods.fields.Code": f"{MODELS}CharField"}),
        ("core.fields.Isbn", {"core.fields.Isbn": f"{MODELS}CharField"}),
        (MOVED, {}),
    ],
    ids=["extends another", "the old one is still there", "another name", "unknown"],
)
def test_near_miss_another_field_class(new: str, bases: dict[str, str]) -> None:
    assert other_class(new, bases).schema == {key("shop.0003_code")}
