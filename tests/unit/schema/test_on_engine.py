"""What an engine does with a migration on a database that is not as the models suppose. `tests/databases/test_forecasts.py` holds it
against real engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from columns_by_hand import column, columns

from stitchback.model.physical import IndexDefinition, PhysicalSchema, Table
from stitchback.schema.clashes import Clash
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    Effect,
    Fails,
    Remake,
    RenameColumn,
    RenameTable,
    Uses,
)
from stitchback.schema.on_engine import Remarks, run_on_engine

ITEM = Table(columns(id="BigAutoField primary key", name="varchar(9)"))
SHOP = PhysicalSchema({"shop_item": ITEM})
ENGINES = ("sqlite", "postgresql", "mysql")
NAMES = frozenset({"id", "name"})


def run(engine: str, *effects: Effect, schema: PhysicalSchema = SHOP) -> tuple[PhysicalSchema, Remarks]:
    return run_on_engine(engine, schema, effects, {})


def remake(*known: str, span: int = 1, filled: tuple[str, ...] = ()) -> Remake:
    return Remake("shop_item", NAMES.union(known), frozenset(filled), span=span)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_twice(engine: str) -> None:
    with pytest.raises(Clash, match=r"column shop_item.name exists already"):
        run(engine, AddColumn("shop_item", "name", column("varchar(9) null")))


def test_a_column_twice_in_a_new_table() -> None:
    """FACTS F31: nothing fails, and all values are the default."""
    added = AddColumn("shop_item", "name", column("varchar(9)"))
    schema, remarks = run("sqlite", added, remake())
    assert schema.tables["shop_item"].columns == ITEM.columns
    assert remarks.harms == (
        "column shop_item.name exists already: SQLite recreates the table and sets all its values to the default",
    )
    with pytest.raises(Clash):
        run("postgresql", added, remake())


def test_only_what_the_same_operation_does_is_in_the_new_table() -> None:
    plain = AddColumn("shop_item", "name", column("varchar(9) null"))
    altered = AlterColumn("shop_item", "name", column("varchar(9)"), column("varchar(20)"))
    with pytest.raises(Clash, match="exists already"):
        run("sqlite", plain, altered, remake(span=1))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_of_another_shape_is_altered(engine: str) -> None:
    altered = AlterColumn("shop_item", "name", column("varchar(5)"), column("varchar(20)"))
    schema, _ = run(engine, altered, remake())
    assert schema.tables["shop_item"].columns["name"] == column("varchar(20)")


def test_a_missing_column_that_is_altered() -> None:
    """FACTS F34."""
    altered = AlterColumn("shop_item", "size", column("IntegerField"), column("BigIntegerField"))
    filled = remake("size", filled=("size",))
    _, remarks = run("sqlite", altered, filled)
    assert "fills it with the column's own name" in remarks.harms[0]
    for engine in ("postgresql", "mysql"):
        with pytest.raises(Clash, match="does not exist"):
            run(engine, altered, filled)


def test_a_missing_column_that_is_dropped() -> None:
    assert run("sqlite", DropColumn("shop_item", "size"), remake())[1] == Remarks()
    with pytest.raises(Clash):
        run("sqlite", DropColumn("shop_item", "size", in_place="size"))
    with pytest.raises(Clash):
        run("postgresql", DropColumn("shop_item", "size"))


def test_a_missing_column_that_is_renamed() -> None:
    renamed = RenameColumn("shop_item", "old", "new")
    with pytest.raises(Clash):
        run("sqlite", renamed)
    schema, remarks = run("sqlite", renamed, remake("new"))
    assert "new" in schema.tables["shop_item"].columns
    assert remarks.harms


def test_a_new_table_has_what_the_model_has() -> None:
    table = Table(
        {**ITEM.columns, "left": column("IntegerField null")},
        {"by_hand": IndexDefinition("index", ("name",))},
    )
    altered = AlterColumn("shop_item", "name", column("varchar(9)"), column("varchar(20)"))
    schema, remarks = run("sqlite", altered, remake(), schema=PhysicalSchema({"shop_item": table}))
    assert (schema.tables["shop_item"].columns.keys(), schema.tables["shop_item"].indexes) == (NAMES, {})
    assert remarks.harms == ("column shop_item.left is in no model: SQLite recreates the table without it",)


@pytest.mark.parametrize(("engine", "fails"), [("sqlite", True), ("mysql", True), ("postgresql", False)])
def test_an_index_that_is_missing_is_dropped(engine: str, fails: bool) -> None:
    """PostgreSQL: DROP INDEX IF EXISTS."""
    if fails:
        with pytest.raises(Clash):
            run(engine, DropIndex("shop_item", "by_name"))
    else:
        run(engine, DropIndex("shop_item", "by_name"))
    run(engine, DropIndex("shop_item", "unique(name)"))  # looked for by its column
    with pytest.raises(Clash):
        run("sqlite", DropIndex("shop_item", "unique(id,name)"))


@pytest.mark.parametrize(("engine", "fails"), [("sqlite", True), ("mysql", False), ("postgresql", True)])
def test_an_index_of_the_same_name_on_another_table(engine: str, fails: bool) -> None:
    schema = PhysicalSchema(
        {"shop_item": ITEM, "shop_other": Table(indexes={"by_name": IndexDefinition("index", ("x",))})}
    )
    added = CreateIndex("shop_item", "by_name", IndexDefinition("index", ("name",)))
    if fails:
        with pytest.raises(Clash, match="shop_other"):
            run(engine, added, schema=schema)
    else:
        run(engine, added, schema=schema)


def test_an_index_on_a_missing_column() -> None:
    added = CreateIndex("shop_item", "by_size", IndexDefinition("index", ("size",)), frozenset({"size"}))
    assert "as a text" in run("sqlite", added)[1].harms[0]
    with pytest.raises(Clash):
        run("postgresql", added)
    unique = CreateConstraint(
        "shop_item", "one_size", IndexDefinition("unique", ("size",)), frozenset({"size"})
    )
    assert run("sqlite", unique)[1].harms
    with pytest.raises(Clash):
        run("mysql", unique)


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_table_that_is_referred_to_is_missing(engine: str) -> None:
    refers = columns(item_id="→shop_gone(pk)")
    for effect in (
        AddColumn("shop_item", "item_id", refers["item_id"]),
        CreateTable("shop_new", Table(refers)),
    ):
        with pytest.raises(Clash, match="table shop_gone does not exist"):
            run(engine, effect)
        run("sqlite", effect)
    run(engine, CreateTable("shop_new", Table(refers)), CreateTable("shop_gone", Table()))
    run(engine, AddColumn("shop_item", "item_id", column("→shop_gone(pk) no constraint")))


def test_code_of_the_project_is_a_doubt() -> None:
    _, remarks = run("sqlite", Uses("shop_item", frozenset({"name", "size"}), "RunPython fill"))
    assert remarks.doubts == ("RunPython fill may use column shop_item.size, which is missing",)
    assert run("sqlite", Uses("shop_item", NAMES, "RunPython fill"))[1] == Remarks()
    with pytest.raises(Clash):
        run("sqlite", Uses("shop_gone", frozenset(), "RunPython fill"))


def test_rows_without_a_value_are_a_doubt() -> None:
    table = Table({**ITEM.columns, "vip": column("IntegerField")})
    schema = PhysicalSchema({"shop_item": table})
    uses = Uses("shop_item", NAMES, "RunPython fill", inserts=True)
    assert "shop_item.vip" in run("sqlite", uses, schema=schema)[1].doubts[0]
    assert run("sqlite", Uses("shop_item", NAMES, "RunPython fill"), schema=schema)[1] == Remarks()


def test_what_django_refuses() -> None:
    with pytest.raises(Clash, match="no such field"):
        run("sqlite", Fails("no such field"))


def test_a_conditional_step_that_changes_nothing_recreates_no_table() -> None:
    """A column that no model has stays there; a step that does something recreates the table without it."""
    known = replace(remake("title"), conditional=True)
    schema = PhysicalSchema({"shop_item": Table({**ITEM.columns, "color": column("varchar(9) null")})})
    again = AddColumn("shop_item", "name", column("varchar(9)"), conditional=True)
    assert run("sqlite", again, known, schema=schema) == (schema, Remarks())
    new = AddColumn("shop_item", "title", column("varchar(9) null"), conditional=True)
    found, _ = run("sqlite", new, known, schema=schema)
    assert found.tables["shop_item"].columns.keys() == {"id", "name", "title"}


@pytest.mark.parametrize(("engine", "fails"), [("postgresql", True), ("mysql", False)])
def test_an_index_with_a_condition_needs_its_columns_where_the_engine_makes_it(
    engine: str, fails: bool
) -> None:
    partial = IndexDefinition("index", ("name",), options=(("condition", "gone > 1"),))
    made = CreateIndex("shop_item", "some", partial, frozenset({"name", "gone"}))
    whole = replace(made, definition=IndexDefinition("index", ("name", "gone")))
    with pytest.raises(Clash):
        run(engine, whole)
    if fails:
        with pytest.raises(Clash):
            run(engine, made)
    else:
        run(engine, made)


@pytest.mark.parametrize(("engine", "fails"), [("sqlite", True), ("mysql", True), ("postgresql", False)])
def test_a_table_that_refers_to_a_renamed_one_and_is_gone(engine: str, fails: bool) -> None:
    """MySQL is asked for its foreign keys and has no such table; PostgreSQL answers that there are none."""
    renamed = (RenameTable("shop_item", "shop_thing"), Remake("shop_tag", NAMES, NAMES, conditional=True))
    if fails:
        with pytest.raises(Clash):
            run(engine, *renamed)
    else:
        run(engine, *renamed)
