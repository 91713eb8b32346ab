"""A migration that was killed within, on an engine that keeps what was done: told as what it is, and as nothing else."""

from __future__ import annotations

from migration_values import add, char, create, integer, key, migration, remove, rename, run_python, tree
from repair_trees import BASE, HOTFIX, MAINLINE, SIZE, rows, shown

from stitchback.engine import EngineCache
from stitchback.model.migrations import Tree
from stitchback.repair.half_done_migrations import HalfDone, half_done
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.planner import RepairContext, derive_edits
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.repair_outcomes import Repair, Unrepairable
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import VisibleSchema

TWO = migration("shop.0003_two", "shop.0002_size", add("item", "color"), add("item", "shape", char()))
TODAY = tree(BASE, SIZE, TWO)
ROWS = "shop.0001_base shop.0002_size"
COLOR, SHAPE = Presence("shop_item", "color"), Presence("shop_item", "shape")


def look(*more: Presence) -> VisibleSchema:
    return VisibleSchema.showing(shown(TODAY, ROWS).names | set(more))


def told(around: RepairContext, today: Tree = TODAY, ledger: str = ROWS) -> HalfDone | None:
    outcome = derive_edits(rows(ledger), today, around)
    return outcome.half_done if isinstance(outcome, Unrepairable) else None


def test_what_is_done_and_what_is_not_are_named() -> None:
    half = told(RepairContext((TODAY,), look(COLOR), transactional=False))
    assert half is not None
    assert str(half) == (
        "shop.0003_two stopped half-way: column shop_item.color added; not yet: column shop_item.shape added"
    )
    assert "sqlmigrate shop 0003_two" in half.hint


def test_where_ddl_is_taken_back_nobody_was_killed_within() -> None:
    assert told(RepairContext((TODAY,), look(COLOR), transactional=True)) is None
    loose = tree(BASE, SIZE, TWO.with_changes(atomic=False))
    assert told(RepairContext((loose,), look(COLOR), transactional=True), loose) is not None


def test_a_killed_migrate_does_the_first_things_first() -> None:
    assert told(RepairContext((TODAY,), look(SHAPE), transactional=False)) is None


def test_what_another_branchs_migration_made_is_no_half() -> None:
    """The patched database against a mainline that nobody has reconciled."""
    ledger = f"{ROWS} {HOTFIX.key}"
    assert told(RepairContext((TODAY,), look(COLOR), transactional=False), ledger=ledger) is None


def test_nothing_done_is_no_half() -> None:
    found = derive_edits(rows(ROWS), TODAY, RepairContext((TODAY,), look(), transactional=False))
    assert isinstance(found, Repair)
    assert found.edits == ()


def test_a_file_does_not_tell() -> None:
    assert told(RepairContext((TODAY,), transactional=False)) is None
    assert MAINLINE is not TODAY


def test_tables_renames_and_data_count() -> None:
    many = migration(
        "shop.0003_many",
        "shop.0002_size",
        create("Part", number=integer()),
        rename("item", "size", "width"),
        run_python(),
        remove("item", "name"),
    )
    player = SchemaOfApplied(RecorderRules(tree(BASE, SIZE, many)), EngineCache())
    names = shown(tree(BASE, SIZE), ROWS).names
    assert half_done(player, many.key, names) is None
    part = half_done(player, many.key, names | {Presence("shop_part")})
    assert part is not None
    assert part.done == ("table shop_part created",)
    assert part.left == ("column shop_item.size renamed width", "column shop_item.name dropped")
    assert part.data
    assert half_done(player, key("shop.0001_base"), names) is None
