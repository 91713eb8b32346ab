"""What the planner has an edit rely on: the rows and names of the migrations that prove it, and of those that change the same names."""

from __future__ import annotations

from dataclasses import replace

from migration_values import (
    add,
    alter,
    char,
    create,
    integer,
    keys,
    migration,
    operation,
    remove,
    rename,
    tree,
)
from repair_trees import rows, shown

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.model.values import TRUE, Call, Constant, Items, Reference
from stitchback.repair.ledger_edits import DeleteRow, EditGuard, InsertRow, LedgerEdit, Presence, RenameRow
from stitchback.repair.planner import RepairContext, _the_one, derive_edits
from stitchback.repair.repair_outcomes import Repair, Unrepairable
from stitchback.repair.visible_schema import UnseenObject, VisibleSchema

ITEM = Presence("shop_item")
BASE = migration("shop.0001_base", "", create("Item", name=char(20, null=TRUE)))


def column(name: str, trait: str = "") -> Presence:
    return Presence("shop_item", name, trait=trait)


def edits(ledger: str, today: Tree, seen: VisibleSchema, *past: Tree) -> tuple[LedgerEdit, ...]:
    found = derive_edits(rows(ledger), today, RepairContext(past, seen))
    assert isinstance(found, Repair), found
    return found.edits


def guard_of(edit: LedgerEdit, kind: type[LedgerEdit] = InsertRow) -> EditGuard:
    assert isinstance(edit, kind)
    assert isinstance(edit, InsertRow | DeleteRow | RenameRow)
    return edit.guard


def names(*text: str) -> tuple[MigrationKey, ...]:
    return keys(" ".join(text))


# --- a row is put in ----------------------------------------------------------------------------------------------------

WEIGHT = migration("shop.0002_weight", "shop.0001_base", add("item", "weight", char(20)))
LONGER = migration("shop.0003_longer", "shop.0002_weight", alter("item", "weight", char(50)))


def test_rows_of_other_migrations_that_change_the_same_column() -> None:
    today = tree(BASE, WEIGHT, LONGER)
    (edit,) = edits(
        "shop.0001_base shop.0003_longer",
        today,
        shown(today, "shop.0001_base shop.0002_weight shop.0003_longer"),
    )
    assert guard_of(edit).given == names("shop.0001_base", "shop.0003_longer")
    (edit,) = edits("shop.0001_base", today, shown(today, "shop.0001_base shop.0002_weight"))
    assert guard_of(edit).lacking == names("shop.0003_longer")


def test_what_the_witness_creates_and_what_the_dependencies_do() -> None:
    size = migration("shop.0003_size", "shop.0002_weight", add("item", "size", integer()))
    today = tree(BASE, WEIGHT, size)
    seen = shown(today, "shop.0001_base shop.0002_weight shop.0003_size")
    (edit,) = edits("shop.0001_base shop.0003_size", today, seen, today)
    assert guard_of(edit).given[0] == size.key
    assert {column("weight"), column("size"), column("name"), ITEM} <= {*guard_of(edit).seen}


def test_what_a_removal_leaves() -> None:
    """The column is gone and its table is there."""
    gone = migration("shop.0003_gone", "shop.0002_weight", remove("item", "name"))
    today = tree(BASE, WEIGHT, gone)
    (edit,) = edits(
        "shop.0001_base shop.0002_weight",
        today,
        shown(today, "shop.0001_base shop.0002_weight shop.0003_gone"),
    )
    assert guard_of(edit).gone == (column("name"),)
    assert ITEM in guard_of(edit).seen


def test_a_row_that_only_a_later_row_of_the_script_proves() -> None:
    """Both changed the same column: on a database where only the first one ran, neither row is put in."""
    size = migration("shop.0002_size", "shop.0001_base", add("item", "size", integer()))
    weight = migration("shop.0002_weight", "shop.0001_base", add("item", "weight", integer()))
    work = (rename("item", "weight", "mass"), remove("item", "size"))
    moved = migration("shop.0003_mass", "shop.0002_weight shop.0002_size", *work)
    today = tree(BASE, size, weight, moved)
    ledger = "shop.0001_base shop.0002_size"
    first, second = edits(ledger, today, shown(today, f"{ledger} shop.0002_weight shop.0003_mass"))
    assert [edit.key for edit in (first, second) if isinstance(edit, InsertRow)] == [weight.key, moved.key]
    guard = guard_of(first)
    assert guard.given == names("shop.0001_base", "shop.0002_size"), "the other has no row when it runs"
    assert column("mass") in guard.seen
    assert column("size") in guard.gone


def test_lost_rows_of_different_columns_prove_nothing_for_each_other() -> None:
    size = migration("shop.0003_size", "shop.0002_weight", add("item", "size", integer()))
    today = tree(BASE, WEIGHT, size)
    first, _ = edits("shop.0001_base", today, shown(today, "shop.0001_base shop.0002_weight shop.0003_size"))
    assert column("size") not in guard_of(first).seen


# --- a row is renamed ---------------------------------------------------------------------------------------------------


def test_renamed_rows_one_after_the_other() -> None:
    """Each relies on its dependency's row under the name that it has by then."""
    one = migration("shop.0002_one", "shop.0001_base", add("item", "one", integer()))
    two = migration("shop.0003_two", "shop.0002_one", add("item", "two", integer()))
    past = tree(
        BASE,
        migration("shop.0002_z", "shop.0001_base", add("item", "one", integer())),
        migration("shop.0003_a", "shop.0002_z", add("item", "two", integer())),
    )
    today = tree(BASE, one, two)
    ledger = "shop.0001_base shop.0002_z shop.0003_a"
    first, second = edits(ledger, today, shown(past, ledger), past)
    assert guard_of(first, RenameRow).given == names("shop.0001_base")
    assert column("one") in guard_of(first, RenameRow).seen
    assert guard_of(second, RenameRow).given == names("shop.0002_one")
    assert column("two") in guard_of(second, RenameRow).seen


def test_a_renamed_row_whose_dependency_has_none_yet() -> None:
    """The script puts the dependency's row in after it, so the nearest one that has a row counts (the fleet of seed 5323)."""
    weight = migration("shop.0002_weight", "shop.0001_base", add("item", "weight", integer()))
    old = migration("shop.0003_old", "shop.0002_weight", add("item", "size", integer()))
    new = migration("shop.0003_new", "shop.0002_weight", add("item", "size", integer()))
    past, today = tree(BASE, weight, old), tree(BASE, weight, new)
    seen = shown(past, "shop.0001_base shop.0002_weight shop.0003_old")
    renamed, put_in = edits("shop.0001_base shop.0003_old", today, seen, past)
    assert guard_of(renamed, RenameRow).given == names("shop.0001_base")
    assert guard_of(put_in).given == names("shop.0001_base")


# --- a row is deleted ---------------------------------------------------------------------------------------------------


def test_a_row_of_a_migration_that_never_ran() -> None:
    """Its dependants, and whatever else changes its column, have the rows that they had; the table is there and the column is not."""
    gone = migration("shop.0002_gone", "shop.0001_base", remove("item", "name"))
    back = migration("shop.0003_back", "shop.0002_gone", add("item", "name", char(20)))
    empty = migration("shop.0004_empty", "shop.0003_back")
    longer = migration("shop.0005_longer", "shop.0004_empty", alter("item", "name", char(50)))
    today = tree(BASE, gone, back, empty, longer)
    seen = shown(today, "shop.0001_base shop.0002_gone")
    (edit,) = edits("shop.0001_base shop.0002_gone shop.0003_back", today, seen)
    guard = guard_of(edit, DeleteRow)
    assert guard.given == names("shop.0001_base", "shop.0002_gone")
    assert guard.lacking == names("shop.0004_empty", "shop.0005_longer")
    assert (guard.seen, guard.gone) == ((ITEM,), (column("name"),))


def test_a_row_of_a_table_that_was_never_created() -> None:
    """Another table of the app is there: the app is not in another database."""
    order = migration("shop.0002_order", "shop.0001_base", create("Order"))
    today = tree(BASE, order)
    (edit,) = edits("shop.0001_base shop.0002_order", today, shown(today, "shop.0001_base"))
    guard = guard_of(edit, DeleteRow)
    assert (guard.seen, guard.gone) == ((ITEM,), (Presence("shop_order"),))


def test_a_row_whose_migration_no_ref_has_any_more() -> None:
    today = tree(BASE)
    around = RepairContext(
        (), shown(today, "shop.0001_base"), deleted={names("shop.0002_x")[0]: frozenset([column("x")])}
    )
    found = derive_edits(rows("shop.0001_base shop.0002_x"), today, around)
    assert isinstance(found, Repair)
    guard = guard_of(found.edits[0], DeleteRow)
    assert (guard.seen, guard.gone) == ((ITEM,), (column("x"),))


# --- what proves nothing --------------------------------------------------------------------------------------------------


def test_a_witness_whose_work_nobody_can_see() -> None:
    """It adds a column and removes it again, so its row may be invented (the fleet of seed 5430)."""
    fill = migration("shop.0002_index", "shop.0001_base")
    brief = migration(
        "shop.0003_brief", "shop.0002_index", add("item", "brief", integer()), remove("item", "brief")
    )
    lasting = migration("shop.0003_brief", "shop.0002_index", add("item", "brief", integer()))
    for witness, proves in ((brief, False), (lasting, True)):
        today = tree(BASE, fill, witness)
        ledger = "shop.0001_base shop.0003_brief"
        found = derive_edits(
            rows(ledger), today, RepairContext((today,), shown(today, f"{ledger} shop.0002_index"))
        )
        if proves:
            assert isinstance(found, Repair)
            assert [edit.key for edit in found.edits if isinstance(edit, InsertRow)] == [fill.key]
        else:
            assert isinstance(found, Unrepairable)


def test_an_index_of_a_table_that_was_not_read() -> None:
    """The index is in the catalog, and its table is behind a view: nobody can say whose it is (the fleet of seed 5576)."""
    index = Call(
        Reference("django.db.models.Index"),
        (),
        (("fields", Items("list", (Constant("name"),))), ("name", Constant("by_name"))),
    )
    indexed = migration(
        "shop.0002_indexed", "shop.0001_base", operation("AddIndex", model_name=Constant("item"), index=index)
    )
    other = migration("blog.0001_initial", "", create("Post"))
    today = tree(BASE, indexed, other)
    ledger = "shop.0001_base blog.0001_initial"
    whole = shown(today, f"{ledger} shop.0002_indexed")
    assert whole.indexes == {"by_name"}
    (edit,) = edits(ledger, today, whole)
    assert isinstance(edit, InsertRow)
    tables = {table: columns for table, columns in whole.tables.items() if table != "shop_item"}
    hidden = replace(whole, tables=tables, traits=frozenset(), unseen={"shop_item": UnseenObject("a view")})
    assert edits(ledger, today, hidden) == ()


def test_a_ledger_that_several_schemas_may_have() -> None:
    """The edit relies on what all of them have."""
    today = tree(BASE, WEIGHT)
    found = derive_edits(
        rows("shop.0001_base"), today, RepairContext((), shown(today, "shop.0001_base shop.0002_weight"))
    )
    assert isinstance(found, Repair)
    (edit,) = found.edits
    assert isinstance(edit, InsertRow)
    guard = EditGuard(seen=(column("other"), column("weight")))
    other = replace(found, edits=(replace(edit, guard=guard),))
    one = _the_one((found, other), found.ledger)
    assert isinstance(one, Repair)
    assert guard_of(one.edits[0]) == EditGuard(seen=(column("weight"),))
