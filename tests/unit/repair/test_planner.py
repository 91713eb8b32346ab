"""What a ledger needs against a tree: the rows of FACTS and the points of repair, by hand-made trees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    add,
    alter,
    char,
    create,
    delete,
    field,
    foreign_key,
    integer,
    key,
    migration,
    operation,
    rename,
    run_python,
    tree,
    worded,
)
from repair_trees import (
    ADOPTED,
    BASE,
    DIAMOND,
    EMPTIED,
    HOTFIX,
    LATER,
    LOOSE_DIAMOND,
    MAINLINE,
    OLD_COLOR,
    PATCH,
    SIZE,
    STITCH,
    rows,
    saying,
    shown,
)

from stitchback.engine import EngineCache
from stitchback.model.migrations import App
from stitchback.model.operations import Operation
from stitchback.model.plans import Failure
from stitchback.model.values import TRUE, Call, Constant
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    InsertRow,
    LedgerEdit,
    Presence,
    RenameRow,
    keys_of,
)
from stitchback.repair.planner import RepairContext, derive_edits
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.visible_schema import VisibleSchema

COLOR = Presence("shop_item", "color")


def edits(outcome: RepairOutcome) -> tuple[LedgerEdit, ...]:
    assert isinstance(outcome, Repair), outcome
    return outcome.edits


def insert(outcome: RepairOutcome) -> InsertRow:
    (edit,) = edits(outcome)
    assert isinstance(edit, InsertRow)
    return edit


def refused(outcome: RepairOutcome, code: str) -> str:
    assert isinstance(outcome, Unrepairable), outcome
    assert outcome.code == code, outcome
    return outcome.message


def test_an_app_that_is_installed_nowhere_is_named_with_the_line_that_leaves_it_out() -> None:
    """A project template says that it runs before a migration of the project's (wagtail/project_template/home)."""
    home = migration("home.0001_initial", "", create("HomePage")).with_changes(run_before=(SIZE.key,))
    onto = tree(BASE, SIZE, home)
    onto = replace(onto, apps={"home": App("home", "template/home", "template/home/migrations", "home")})
    seen = RepairContext((), shown(tree(BASE, SIZE), "shop.0001_base shop.0002_size"))
    found = derive_edits(rows("shop.0001_base shop.0002_size"), onto, seen)
    assert "applied before its dependency" in refused(found, "SB612")
    unseen = derive_edits(rows("shop.0001_base shop.0002_size"), onto)
    for outcome in (found, unseen):
        assert isinstance(outcome, Unrepairable)
        assert 'exclude = ["template/home/migrations"] in [tool.stitchback]' in outcome.hint
    met = derive_edits(rows("shop.0001_base shop.0002_size home.0000_gone"), onto, seen)
    assert isinstance(met, Unrepairable)
    assert "exclude" not in met.hint


# --- nothing to do ----------------------------------------------------------------------------------------------------


def test_databases_that_need_no_hand() -> None:
    for ledger in ("", "shop.0001_base", "shop.0001_base shop.0002_hotfix", "shop.0001_base shop.0002_size"):
        assert edits(derive_edits(rows(ledger), DIAMOND)) == ()
    done = "shop.0001_base shop.0002_size shop.0002_hotfix shop.0002_stitch shop.0003_color shop.0004_later"
    assert edits(derive_edits(rows(done), DIAMOND)) == ()


def test_rows_of_other_packages_are_nobodys_business() -> None:
    found = derive_edits(rows("auth.0001_initial shop.0001_base"), DIAMOND)
    assert isinstance(found, Repair)
    assert (found.edits, found.remarks) == ((), ())


def test_rows_that_nobody_knows_are_left_alone_and_told() -> None:
    found = derive_edits(rows("shop.0001_base shop.0099_lost"), DIAMOND)
    assert isinstance(found, Repair)
    assert found.edits == ()
    assert "shop.0099_lost" in found.remarks[0]


# --- ghosts -----------------------------------------------------------------------------------------------------------


def test_a_mainline_database_gets_the_ghosts_row() -> None:
    """FACTS F12, F9."""
    for ledger in (
        "shop.0001_base shop.0002_size shop.0003_color",
        "shop.0001_base shop.0002_size shop.0003_color shop.0004_later",
    ):
        edit = insert(derive_edits(rows(ledger), DIAMOND))
        assert edit.key == HOTFIX.key
        assert edit.guard.given[0] == OLD_COLOR.key, (
            "what says so; its parents, and what touches the same, follow"
        )
        assert BASE.key in edit.guard.given
        assert edit.guard.seen == (COLOR,)
        assert "0003_color already created here" in edit.reason


def test_a_migration_that_got_replaces_after_it_was_applied() -> None:
    """FACTS F7 (in mid-chain), F8 (as the leaf)."""
    for ledger in ("shop.0003_color", "shop.0003_color shop.0004_later"):
        edit = insert(derive_edits(rows(f"shop.0001_base shop.0002_size {ledger}"), ADOPTED))
        assert (edit.key, edit.guard.given[0]) == (HOTFIX.key, OLD_COLOR.key)


def test_a_row_of_another_migration_of_a_name_that_has_replaces_now() -> None:
    """The hotfix altered the state alone under the name of mainline's migration, which has got `replaces`: Django runs that one all the same."""
    theirs = tree(BASE, migration("shop.0002_size", "shop.0001_base", alter("item", "name", integer(help_text=Constant("x")))))  # fmt: skip
    ledger = rows("shop.0001_base shop.0002_size")
    seen = RepairContext(visible=shown(theirs, "shop.0001_base shop.0002_size"))
    replacing = tree(BASE, SIZE.with_changes(replaces=(HOTFIX.key,)))
    assert edits(derive_edits(ledger, replacing, seen)) == ()
    with_data = migration("shop.0002_size", "shop.0001_base", run_python(), add("item", "size"), replaces="shop.0002_hotfix")  # fmt: skip
    assert "what it creates is not in the database" in refused(derive_edits(ledger, tree(BASE, with_data), seen), "SB614")  # fmt: skip
    there = RepairContext(visible=shown(MAINLINE, "shop.0001_base shop.0002_size"))
    assert insert(derive_edits(ledger, replacing, there)).key == HOTFIX.key


def test_the_same_rows_with_two_schemas_need_a_look() -> None:
    """FACTS F28: the new tree may have stopped at the emptied migration."""
    ledger = rows("shop.0001_base shop.0002_size shop.0003_color")
    assert "may or may not" in refused(derive_edits(ledger, LOOSE_DIAMOND), "SB613")
    old = shown(MAINLINE, "shop.0001_base shop.0002_size shop.0003_color")
    new = shown(LOOSE_DIAMOND, "shop.0001_base shop.0002_size shop.0003_color")
    assert insert(derive_edits(ledger, LOOSE_DIAMOND, RepairContext(visible=old))).key == HOTFIX.key
    assert edits(derive_edits(ledger, LOOSE_DIAMOND, RepairContext(visible=new))) == ()


def test_a_brought_file_gets_its_own_row() -> None:
    brought = saying(
        HOTFIX, "copied shop.0002_hotfix of release (commit abc)", "takes operations from shop.0003_color"
    )
    rehomed = tree(
        BASE, SIZE, brought, migration("shop.0003_color", "shop.0002_size shop.0002_hotfix"), LATER
    )
    ledger = rows("shop.0001_base shop.0002_size shop.0003_color")
    assert insert(derive_edits(ledger, rehomed)).key == HOTFIX.key


def test_replaces_that_is_gone_before_the_replacer_was_recorded() -> None:
    """FACTS F22."""
    applied_set = saying(STITCH.with_changes(replaces=()), *STITCH.provenance)
    later = tree(BASE, SIZE, applied_set, EMPTIED, LATER)
    edit = insert(derive_edits(rows("shop.0001_base shop.0002_hotfix"), later))
    assert (edit.key, edit.guard.given) == (STITCH.key, (HOTFIX.key, BASE.key))
    assert edits(derive_edits(rows("shop.0001_base shop.0002_hotfix shop.0002_stitch"), later)) == ()


def test_a_part_of_what_is_replaced() -> None:
    """FACTS F6: with the files gone nobody knows what was done, until the schema is looked at."""
    squash = migration("shop.0001_sq", "", create("Item", name=integer()), add("item", "size"))
    squashed = tree(
        squash.with_changes(replaces=(BASE.key, SIZE.key)), migration("shop.0003_x", "shop.0001_sq")
    )
    ledger = rows("shop.0001_base")
    assert "some of what" in refused(derive_edits(ledger, squashed), "SB613")
    half = RepairContext(visible=shown(MAINLINE, "shop.0001_base"))
    refused(derive_edits(ledger, squashed, half), "SB614")


# --- rows ---------------------------------------------------------------------------------------------------------------


def test_doubled_rows() -> None:
    """FACTS F5."""
    found = edits(derive_edits(rows("shop.0001_base shop.0001_base shop.0002_size shop.0002_size"), MAINLINE))
    assert [type(edit) for edit in found] == [DeleteDuplicate, DeleteDuplicate]


def test_a_renamed_migration_keeps_its_row() -> None:
    renamed = migration("shop.0003_colour", "shop.0002_size", add("item", "color"))
    after = tree(BASE, SIZE, renamed)
    ledger = rows("shop.0001_base shop.0002_size shop.0003_color")
    found = edits(derive_edits(ledger, after, RepairContext((MAINLINE,))))
    assert [(edit.old, edit.new) for edit in found if isinstance(edit, RenameRow)] == [
        (OLD_COLOR.key, renamed.key)
    ]


def test_nothing_is_renamed_where_two_could_be_meant() -> None:
    one = migration("shop.0003_one", "shop.0002_size", run_python("work"))
    after = tree(BASE, SIZE, one, migration("shop.0004_two", "shop.0003_one", run_python("work")))
    past = tree(BASE, SIZE, migration("shop.0003_old", "shop.0002_size", run_python("work")))
    found = derive_edits(rows("shop.0001_base shop.0002_size shop.0003_old"), after, RepairContext((past,)))
    assert edits(found) == ()


def test_an_apps_label_changed() -> None:
    """The tables keep their names only where `db_table` says so."""
    named = {"db_table": Constant("items")}
    old = tree(migration("shop.0001_base", "", create("Item", named, name=integer())))
    new = tree(migration("store.0001_base", "", create("Item", named, name=integer())))
    found = edits(derive_edits(rows("shop.0001_base"), new, RepairContext((old,))))
    assert [type(edit) for edit in found] == [RenameRow]
    moved = tree(migration("store.0001_base", "", create("Item", name=integer())))
    past = tree(migration("shop.0001_base", "", create("Item", name=integer())))
    refused(derive_edits(rows("shop.0001_base"), moved, RepairContext((past,))), "SB614")
    live = RepairContext((past,), visible=shown(past, "shop.0001_base"))
    refused(derive_edits(rows("shop.0001_base"), moved, live), "SB614")
    by_hand = RepairContext((past,), visible=shown(moved, "store.0001_base"))
    assert [type(edit) for edit in edits(derive_edits(rows("shop.0001_base"), moved, by_hand))] == [RenameRow]


def test_rows_of_deleted_migrations_go_only_where_no_ref_has_them() -> None:
    ledger = rows("shop.0001_base shop.0002_size shop.0002_hotfix")
    mainline = tree(BASE, SIZE)
    assert edits(derive_edits(ledger, mainline)) == ()
    around = RepairContext(deleted=dict.fromkeys([HOTFIX.key, SIZE.key], frozenset([COLOR])))
    (edit,) = edits(derive_edits(ledger, mainline, around))
    assert isinstance(edit, DeleteRow)
    assert (edit.key, edit.guard.gone) == (HOTFIX.key, (COLOR,))


# --- holes, lost rows, rows too many ------------------------------------------------------------------------------------


def test_a_hole_in_a_file_may_be_anything() -> None:
    ledger = rows("shop.0001_base shop.0003_color")
    assert "FACTS F13, F30" in refused(derive_edits(ledger, MAINLINE, RepairContext((MAINLINE,))), "SB613")


def test_a_hole_whose_migration_ran_is_filled() -> None:
    visible = shown(MAINLINE, "shop.0001_base shop.0002_size shop.0003_color")
    ledger = rows("shop.0001_base shop.0003_color")
    edit = insert(derive_edits(ledger, MAINLINE, RepairContext((MAINLINE,), visible)))
    assert (edit.key, edit.guard.given) == (SIZE.key, (OLD_COLOR.key, BASE.key))


def test_a_hole_whose_migration_never_ran_is_not() -> None:
    """FACTS F30: the parents were changed."""
    patched = shown(PATCH, "shop.0001_base shop.0002_hotfix")
    backported = tree(BASE, SIZE, migration("shop.0002_hotfix", "shop.0002_size", add("item", "color")))
    found = derive_edits(
        rows("shop.0001_base shop.0002_hotfix"), backported, RepairContext((PATCH,), patched)
    )
    assert "applied before its dependency" in refused(found, "SB612")


def test_a_lost_row_of_a_leaf() -> None:
    visible = shown(MAINLINE, "shop.0001_base shop.0002_size")
    ledger = rows("shop.0001_base")
    assert insert(derive_edits(ledger, MAINLINE, RepairContext((MAINLINE,), visible))).key == SIZE.key


@pytest.mark.parametrize(
    ("column", "required", "whole"),
    [
        (integer(), False, True),
        (field("BooleanField", default=Constant(False)), True, True),
        (field("BooleanField", default=Constant(False)), False, False),  # its DEFAULT is there still
        (integer(db_index=TRUE), False, False),
        (char(unique=TRUE, null=TRUE), False, False),
        (foreign_key("shop.item", null=TRUE), False, False),
    ],
)
def test_a_lost_row_where_each_statement_is_committed(column: Call, required: bool, whole: bool) -> None:
    """MySQL: one statement that is seen is done; an index or a foreign key comes at the end."""
    today = tree(BASE, migration("shop.0002_x", "shop.0001_base", add("item", "x", column)))
    seen = shown(today, "shop.0001_base shop.0002_x")
    seen = replace(seen, required=frozenset([("shop_item", "x")] if required else []))
    mysql = RepairContext((today,), seen, transactional=False)
    found = derive_edits(rows("shop.0001_base"), today, mysql)
    if whole:
        assert insert(found).key.name == "0002_x"
    else:
        assert "half-way" in refused(found, "SB614")
    if not required:
        ordinary = derive_edits(rows("shop.0001_base"), today, RepairContext((today,), seen))
        assert insert(ordinary).key.name == "0002_x", "elsewhere it is done whole or not at all"


def test_one_lost_row_that_nothing_proves_blocks_no_other_repair() -> None:
    """Nor does it get a row, or what depends on it."""
    indexed = migration("shop.0002_x", "shop.0001_base", add("item", "x", integer(db_index=TRUE)))
    after = migration("shop.0003_y", "shop.0002_x", add("item", "y"))
    other = migration("blog.0001_initial", "", create("Post", name=integer()))
    more = migration("blog.0002_z", "blog.0001_initial", add("post", "z"))
    today = tree(BASE, indexed, after, other, more)
    seen = shown(today, "shop.0001_base shop.0002_x shop.0003_y blog.0001_initial blog.0002_z")
    around = RepairContext((today,), seen, transactional=False)
    found = derive_edits(rows("shop.0001_base blog.0001_initial blog.0001_initial"), today, around)
    assert [str(keys_of(edit)[0]) for edit in edits(found)] == ["blog.0001_initial", "blog.0002_z"]
    assert isinstance(found, Repair)
    assert "not repaired: shop.0002_x" in found.remarks[-1]
    refused(derive_edits(rows("shop.0001_base blog.0001_initial blog.0002_z"), today, around), "SB614")


def test_several_lost_rows_of_columns_with_defaults() -> None:
    flag = field("BooleanField", default=Constant(False))
    one = migration("shop.0002_x", "shop.0001_base", add("item", "x", flag))
    two = migration("shop.0003_y", "shop.0002_x", add("item", "y", flag))
    today = tree(BASE, one, two)
    sqlite = EngineCache(sqlite=True)
    seen = shown(today, "shop.0001_base shop.0002_x shop.0003_y")
    found = derive_edits(rows("shop.0001_base"), today, RepairContext((today,), seen), memory=sqlite)
    assert [str(keys_of(edit)[0]) for edit in edits(found)] == ["shop.0002_x", "shop.0003_y"]
    for trait in ("null", "type number"):
        found = Presence("shop_item", "x", trait=trait)
        other = {name for name in seen.names if not (name.trait and name.kind == found.kind)} | {found}
        odd = RepairContext((today,), VisibleSchema.showing(frozenset(other)))
        refused(derive_edits(rows("shop.0001_base"), today, odd, memory=sqlite), "SB614")


def test_an_alter_that_may_run_again_needs_no_row() -> None:
    """Another branch has done the part of it that is seen; the index is still to come. With a data operation beside it, nobody knows."""
    longer = migration("shop.0002_longer", "shop.0001_base", alter("item", "name", char(50, null=TRUE)))
    indexed = alter("item", "name", char(50, null=TRUE, db_index=TRUE))
    base = migration("shop.0001_base", "", create("Item", name=char(20, null=TRUE)))
    seen = shown(tree(base, longer), "shop.0001_base shop.0002_longer")
    for work, healthy in ((), True), ((run_python("work"),), False):
        today = tree(base, migration("shop.0002_index", "shop.0001_base", indexed, *work))
        found = derive_edits(rows("shop.0001_base shop.0002_longer"), today, RepairContext((), seen))
        if healthy:
            assert edits(found) == ()
        else:
            refused(found, "SB614")


def test_a_guarded_rename_that_is_done_already_needs_nothing() -> None:
    plain = migration("shop.0002_p", "shop.0001_base", rename("item", "name", "title"))
    guarded = migration(
        "shop.0002_m", "shop.0001_base", replace(rename("item", "name", "title"), conditional=True)
    )
    seen = shown(tree(BASE, plain), "shop.0001_base shop.0002_p")
    bare = migration("shop.0002_m", "shop.0001_base", rename("item", "name", "title"))
    for today, healthy in ((tree(BASE, guarded), True), (tree(BASE, bare), False)):
        found = derive_edits(rows("shop.0001_base shop.0002_p"), today, RepairContext((), seen))
        assert isinstance(found, Repair)
        assert bool(found.edits) is not healthy, "without its guard it would fail, and gets its row"


def test_an_order_that_fails_on_an_empty_database_as_well_is_no_fault_of_the_ledger() -> None:
    base = tree(
        BASE,
        migration(
            "shop.0002_m",
            "shop.0001_base",
            operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Bill")),
        ),
        migration("crm.0001_initial", "", create("Note")),
        migration(
            "crm.0002_item",
            "crm.0001_initial shop.0001_base",
            add("note", "item", foreign_key("shop.item", null=TRUE)),
        ),
    )
    assert edits(derive_edits(rows(""), base)) == ()
    assert edits(derive_edits(rows("shop.0001_base crm.0001_initial"), base)) == ()


def test_what_cannot_be_seen_is_not_believed() -> None:
    silent = migration("shop.0002_size", "shop.0001_base", add("item", "size"), run_python("work"))
    history = tree(BASE, silent, migration("shop.0003_x", "shop.0002_size", add("item", "x")))
    visible = shown(history, "shop.0001_base shop.0002_size")
    refused(derive_edits(rows("shop.0001_base"), history, RepairContext((history,), visible)), "SB614")
    above = shown(history, "shop.0001_base shop.0002_size shop.0003_x")
    ledger = rows("shop.0001_base shop.0003_x")
    assert insert(derive_edits(ledger, history, RepairContext((history,), above))).key == silent.key
    refused(derive_edits(ledger, history, RepairContext((), above)), "SB614")


def test_a_row_of_what_was_never_run() -> None:
    visible = shown(MAINLINE, "shop.0001_base")
    (edit,) = edits(derive_edits(rows("shop.0001_base shop.0002_size"), MAINLINE, RepairContext((), visible)))
    assert isinstance(edit, DeleteRow)
    assert edit.key == SIZE.key


def test_a_column_that_only_one_sides_file_has() -> None:
    """FACTS F17."""
    short = migration("shop.0002_size", "shop.0001_base", add("item", "size"))
    long = migration("shop.0002_size", "shop.0001_base", add("item", "size"), add("item", "depth"))
    visible = shown(tree(BASE, short), "shop.0001_base shop.0002_size")
    found = derive_edits(rows("shop.0001_base shop.0002_size"), tree(BASE, long), RepairContext((), visible))
    assert isinstance(found, Repair)
    assert found.edits == ()
    assert found.mismatches == ("column shop_item.depth is missing",)


def test_a_database_that_was_taken_back() -> None:
    """FACTS F20: the ghost's row went with the column; but not where the taking back was faked."""
    around = RepairContext((PATCH,), shown(PATCH, "shop.0001_base"))
    assert edits(derive_edits(rows("shop.0001_base"), PATCH, around)) == ()
    kept = RepairContext((PATCH,), shown(PATCH, "shop.0001_base shop.0002_hotfix"))
    assert insert(derive_edits(rows("shop.0001_base"), PATCH, kept)).key == HOTFIX.key
    assert insert(derive_edits(rows("shop.0001_base"), DIAMOND, kept)).key == HOTFIX.key


def test_a_merge_that_was_reverted() -> None:
    """The database got as far as the stitched migration; mainline's own is whole again and would make the column once more."""
    visible = shown(DIAMOND, "shop.0001_base shop.0002_size shop.0002_stitch")
    ledger = rows("shop.0001_base shop.0002_size shop.0002_hotfix shop.0002_stitch")
    edit = insert(derive_edits(ledger, MAINLINE, RepairContext((DIAMOND,), visible)))
    assert edit.key == OLD_COLOR.key
    early = rows("shop.0001_base shop.0002_hotfix shop.0002_stitch")
    around = RepairContext((DIAMOND,), shown(DIAMOND, "shop.0001_base shop.0002_stitch"))
    assert "applied before its dependency" in refused(derive_edits(early, MAINLINE, around), "SB612")


def test_a_database_no_tree_could_have_made_is_refused() -> None:
    visible = VisibleSchema.of([("shop_item", "id"), ("shop_item", "later")])
    found = derive_edits(rows("shop.0001_base"), MAINLINE, RepairContext((MAINLINE,), visible))
    assert isinstance(found, Unrepairable)


def test_a_tree_that_is_not_reconciled_is_not_the_ledgers_fault() -> None:
    parallel = tree(
        BASE, SIZE, OLD_COLOR, HOTFIX, migration("shop.0005_merge", "shop.0003_color shop.0002_hotfix")
    )
    message = refused(derive_edits(rows("shop.0001_base shop.0002_hotfix"), parallel), "SB612")
    assert "already" in message or "exists" in message


NO_ORDER = tree(
    migration("shop.0001_initial", "", create("Item", name=char(20))),
    migration("shop.0002_alter", "shop.0001_initial", alter("item", "name", char(50))),
    migration("shop.0002_longer", "shop.0001_initial", alter("item", "name", char(40))),
    migration("shop.0003_merge", "shop.0002_alter shop.0002_longer"),
)
ALL_BUT_THE_MERGE = "shop.0001_initial shop.0002_longer shop.0002_alter"


@pytest.mark.parametrize("ledger", [ALL_BUT_THE_MERGE, f"{ALL_BUT_THE_MERGE} shop.0003_merge"])
def test_migrations_without_an_order_are_taken_as_django_runs_them(ledger: str) -> None:
    """Of two neighbours the one with the greater name first (`iterative_dfs`): the database is right, and nothing was faked."""
    seen = VisibleSchema.of(
        [("shop_item", "id"), ("shop_item", "name")],
        traits=[("shop_item", "name", "not null"), ("shop_item", "name", "varchar(50)")],
    )
    found = derive_edits(rows(ledger), NO_ORDER, RepairContext((), seen))
    assert edits(found) == ()
    assert isinstance(found, Repair)
    assert found.remarks == ()


def test_an_end_that_no_row_changes_is_told_and_the_rows_are_given_all_the_same() -> None:
    """Who has run 0002_alter alone gets the other length, whatever stands in the ledger."""
    found = derive_edits(rows("shop.0001_initial shop.0002_alter"), NO_ORDER)
    assert edits(found) == ()
    assert isinstance(found, Repair)
    (said,) = found.remarks
    assert said.startswith("After migrate, table shop_item differs from a fresh install's in name")


def test_the_callers_proof_has_the_last_word() -> None:
    failure = Failure("prod", "migrate", key("shop.0003_color"), worded("says no"))
    found = derive_edits(rows("shop.0001_base"), DIAMOND, prove=lambda database, end: [failure])
    assert "says no" in refused(found, "SB612")
    assert isinstance(found, Unrepairable)
    assert found.failures == (failure,)


def test_a_ticked_replacer_tells_of_rows_that_showmigrations_hides() -> None:
    shown_only = "shop.0001_base shop.0002_size shop.0002_stitch shop.0003_color"
    assert insert(derive_edits(rows(shown_only), DIAMOND)).key == HOTFIX.key
    assert edits(derive_edits(rows(shown_only), DIAMOND, RepairContext(complete=False))) == ()


def test_sql_of_an_apps_own_may_have_done_anything() -> None:
    """It is told, and no row is taken out or put in on its account."""
    sql = Constant("ALTER TABLE shop_item DROP size")
    raw = migration("shop.0003_raw", "shop.0002_size", operation("RunSQL", sql=sql))
    today = tree(BASE, SIZE, raw, migration("shop.0004_x", "shop.0003_raw", add("item", "x")))
    dropped = shown(tree(BASE), "shop.0001_base")
    ledger = rows("shop.0001_base shop.0002_size shop.0003_raw")
    found = derive_edits(ledger, today, RepairContext((today,), dropped))
    assert isinstance(found, Repair)
    assert (found.edits, found.mismatches) == ((), ())
    assert "column shop_item.size is missing: custom SQL of the app" in found.remarks[0]


RENAMED = operation("RenameModel", old_name=Constant("Label"), new_name=Constant("Tag"))


class TestGuardedRemovalsThatAreDoneAlready:
    """A table that a guarded operation still to run drops or renames, and that the patch branch's database dropped or renamed before."""

    LABELS = migration("shop.0002_labels", "shop.0001_base", create("Label", text=integer()))
    AT_START = "shop.0001_base shop.0002_labels"

    def outcome(self, operation: Operation, lacks: str = "") -> RepairOutcome:
        guarded = replace(operation, conditional=True)
        today = tree(BASE, self.LABELS, migration("shop.0003_less", "shop.0002_labels", guarded))
        names = shown(today, f"{self.AT_START} shop.0003_less").names
        look = VisibleSchema.showing(
            frozenset(name for name in names if not (lacks and name.column == lacks))
        )
        return derive_edits(rows(self.AT_START), today, RepairContext((today,), look))

    @pytest.mark.parametrize("operation", [delete("Label"), RENAMED])
    def test_it_needs_nothing(self, operation: Operation) -> None:
        outcome = self.outcome(operation)
        assert isinstance(outcome, Repair)
        assert (outcome.edits, outcome.mismatches) == ((), ())

    def test_near_miss_a_column_that_is_lost_on_the_way(self) -> None:
        outcome = self.outcome(RENAMED, lacks="text")
        assert not isinstance(outcome, Repair) or "column shop_label.text is missing" in outcome.mismatches
