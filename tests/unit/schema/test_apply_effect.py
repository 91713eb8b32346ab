"""A database after effects: what clashes, and what does not."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from columns_by_hand import column, shapes
from schema_sources import ITEM, database, migration, operation, run

from stitchback.model.physical import PhysicalSchema, Table
from stitchback.model.state import SchemaState
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash, InconsistentState
from stitchback.schema.effects import AddColumn, AlterColumn, CreateTable, RenameColumn, RenameTable
from stitchback.schema.tables import physical_of


def start() -> tuple[SchemaState, PhysicalSchema]:
    return database(migration(ITEM))


def after(source: str) -> PhysicalSchema:
    """The database after ITEM and these operations."""
    return database(migration(ITEM), migration(source, "shop.0002_x"))[1]


def item(physical: PhysicalSchema, name: str = "shop_item") -> Table:
    return physical.tables[name]


def again(source: str) -> None:
    """The operation's effects on a database that has it done already; the state does not know of the first time."""
    state, physical = start()
    found = operation(source)
    then = apply_operation(state, "shop", found)
    run(run(physical, found, state, then), found, state, then)


def test_tables_as_django_makes_them() -> None:
    _, physical = start()
    assert sorted(physical.tables) == ["shop_category", "shop_item", "shop_item_tags"]
    assert shapes(item(physical).columns) == {
        "id": "AutoField primary key",
        "name": "varchar(100)",
        "stock": "IntegerField",
        "category_id": "→shop_category(pk)",
    }
    assert sorted(item(physical).indexes) == [
        "by_name",
        "index(category_id)",
        "index(stock)",
        "unique(name,category_id)",
    ]
    assert shapes(item(physical, "shop_item_tags").columns) == {
        "id": "automatic primary key",
        "item_id": "→shop_item(pk)",
        "category_id": "→shop_category(pk)",
    }


@pytest.mark.parametrize(
    "source",
    [
        'CreateModel("A", [("id", AutoField(primary_key=True))])',
        'DeleteModel("Item")',
        'RenameModel("Item", "Thing")',
        'AlterModelTable("Item", "goods")',
        'AddField("Item", "color", CharField(max_length=9, default="red"))',
        'AddField("Item", "more", ManyToManyField("Category", related_name="+"))',
        'RemoveField("Item", "stock")',
        'RemoveField("Item", "tags")',
        'RenameField("Item", "stock", "amount")',
        'RenameField("Item", "tags", "labels")',
        'AlterField("Item", "stock", IntegerField(unique=True))',
        'AlterField("Item", "stock", IntegerField())',
        'AlterField("Item", "category", ForeignKey("Item", CASCADE))',
        'AddIndex("Item", Index(fields=["stock"], name="i"))',
        'RemoveIndex("Item", "by_name")',
        'RenameIndex("Item", "by_title", "by_name")',
        'AlterUniqueTogether("Item", {("name", "stock")})',
        'AddConstraint("Item", UniqueConstraint(fields=["name"], name="u"))',
        'AlterOrderWithRespectTo("Item", "category")',
        'CreateCollation("c", "de")',
    ],
)
def test_doing_it_twice_clashes(source: str) -> None:
    with pytest.raises(Clash):
        again(source)


@pytest.mark.parametrize(
    "source",
    [
        'AlterField("Item", "stock", BigIntegerField(db_index=True))',
        'AlterField("Item", "name", CharField(max_length=200))',
        'AlterField("Item", "name", CharField(max_length=100, help_text="x"))',
        'AlterModelOptions("Item", {"ordering": ["name"]})',
        'AlterModelTableComment("Item", "x")',
        "TrigramExtension()",
        'RunSQL("UPDATE x")',
    ],
)
def test_doing_it_twice_is_harmless(source: str) -> None:
    again(source)


def test_an_altered_column_of_a_third_shape_clashes() -> None:
    effect = AlterColumn("t", "a", column("varchar(10)"), column("varchar(20)"))
    found = PhysicalSchema({"t": Table({"a": column("varchar(30)")})})
    with pytest.raises(Clash, match=r"column t.a is varchar\(30\), not varchar\(10\)"):
        run_effect(found, effect)
    assert run_effect(found, replace(effect, conditional=True)).tables["t"].columns == {
        "a": column("varchar(20)")
    }


@pytest.mark.parametrize(
    ("before", "after_it", "is_harmless"),
    [
        ("varchar(10)", "varchar(20) null", False),
        ("varchar(10)", "varchar(10) null", True),
        ("varchar(10)", "varchar(20)", True),
        ("varchar(10) null", "varchar(20)", True),
        ("varchar(10) null", "varchar(20) null", True),
    ],
)
def test_another_type_and_null_at_once_is_refused_on_mysql_where_a_value_is_null(
    before: str, after_it: str, is_harmless: bool
) -> None:
    effect = AlterColumn("t", "a", column(before), column(after_it))
    found = PhysicalSchema({"t": Table({"a": column(after_it)})})
    with nullcontext() if is_harmless else pytest.raises(Clash):
        run_effect(found, effect)
    assert run_effect(found, replace(effect, conditional=True)) == found


def test_what_is_conditional_is_skipped_where_it_is_done() -> None:
    found = PhysicalSchema({"t": Table({"a": column("IntegerField")})})
    for effect in (
        CreateTable("t", Table(), conditional=True),
        AddColumn("t", "a", column("TextField"), conditional=True),
        RenameColumn("t", "b", "a", conditional=True),
        RenameTable("s", "t", conditional=True),
        RenameColumn("gone", "b", "a", conditional=True),
    ):
        assert run_effect(found, effect) == found


def test_foreign_keys_and_indexes_follow_renames() -> None:
    physical = after(
        'RenameModel("Category", "Kind"), RenameField("Item", "category", "kind"), RenameField("Item", "stock", "amount")'
    )
    assert str(item(physical).columns["kind_id"]) == "→shop_kind(pk)"
    assert sorted(item(physical).indexes) == [
        "by_name",
        "index(amount)",
        "index(kind_id)",
        "unique(name,kind_id)",
    ]
    assert str(item(physical, "shop_item_tags").columns["kind_id"]) == "→shop_kind(pk)"


def test_a_reference_by_a_field_follows_its_rename() -> None:
    physical = after(
        'AddField("Item", "top", ForeignKey("Category", CASCADE, to_field="code", related_name="+")), RenameField("Category", "code", "number")'
    )
    assert str(item(physical).columns["top_id"]) == "→shop_category(number)"


def test_a_column_takes_its_indexes_along() -> None:
    assert sorted(item(after('RemoveField("Item", "category")')).indexes) == ["by_name", "index(stock)"]


def test_an_unmanaged_model_and_a_proxy_have_no_table() -> None:
    physical = after(
        'CreateModel("V", [("id", AutoField(primary_key=True))], {"managed": False}), AddField("V", "a", IntegerField()), CreateModel("P", [], {"proxy": True}, bases=("shop.item",)), DeleteModel("P"), DeleteModel("V")'
    )
    assert physical == start()[1]


def test_a_reference_to_a_proxy_is_to_its_table() -> None:
    physical = after(
        'CreateModel("P", [], {"proxy": True}, bases=("shop.item",)), AddField("Category", "p", ForeignKey("P", CASCADE))'
    )
    assert str(item(physical, "shop_category").columns["p_id"]) == "→shop_item(pk)"


def test_a_model_that_is_not_in_the_tree_goes_by_its_label() -> None:
    physical = after(
        'AddField("Item", "owner", ForeignKey(settings.AUTH_USER_MODEL, CASCADE)), AddField("Item", "site", ForeignKey("sites.Site", CASCADE))'
    )
    assert str(item(physical).columns["owner_id"]) == "→[settings.AUTH_USER_MODEL](pk)"
    assert str(item(physical).columns["site_id"]) == "→[sites.site](pk)"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('RemoveIndex("Item", "no")', "shop.item has no index no"),
        ('RenameIndex("Item", "new", "no")', "shop.item has no index no"),
        ('RemoveConstraint("Item", "no")', "shop.item has no constraint no"),
        ('AlterField("Item", "tags", ManyToManyField("Category", through="Item"))', "Django cannot add or remove through= on a many-to-many field"),
        ('AlterField("Item", "tags", IntegerField())', "Django cannot alter a field with a column into one without, or back"),
    ],
)  # fmt: skip
def test_what_django_refuses_before_it_touches_the_database(source: str, reason: str) -> None:
    state, _ = start()
    found = operation(source)
    with pytest.raises(InconsistentState) as caught:
        physical_effects(found, "shop", state, apply_operation(state, "shop", found))
    assert str(caught.value.problem) == reason


def test_a_column_that_could_not_be_read_is_known_once_it_is_altered() -> None:
    physical = after(
        'AddField("Item", "who", helper()), AlterField("Item", "who", ForeignKey("Category", CASCADE, related_name="+"))'
    )
    assert str(item(physical).columns["who_id"]) == "→shop_category(pk)"
    assert "index(who_id)" in item(physical).indexes
    physical = after(
        'AlterField("Item", "name", helper()), AlterField("Item", "name", CharField(max_length=3))'
    )
    assert str(item(physical).columns["name"]) == "varchar(3)"
    assert (
        "name" not in item(after('AlterField("Item", "name", helper()), RemoveField("Item", "name")')).columns
    )


def test_a_generated_field_cannot_be_altered() -> None:
    field = 'GeneratedField(expression=F("stock") * {}, output_field=IntegerField(), db_persist=True)'
    made = f'AddField("Item", "double", {field.format(2)})'
    after(made + f', AlterField("Item", "double", {field.format(2)})')
    with pytest.raises(InconsistentState):
        after(made + f', AlterField("Item", "double", {field.format(3)})')


def test_a_composite_primary_key_is_of_its_columns() -> None:
    physical = after(
        'CreateModel("Pair", [("pk", CompositePrimaryKey("item", "b")), ("item", ForeignKey("Item", CASCADE)), ("b", IntegerField())]), RenameField("Pair", "b", "c")'
    )
    assert "primary key(item_id,c)" in item(physical, "shop_pair").indexes
    assert sorted(item(physical, "shop_pair").columns) == ["c", "item_id"]


def test_an_unnamed_index_is_found_by_its_columns() -> None:
    physical = after(
        'AlterIndexTogether("Item", {("name", "stock")}), RenameIndex("Item", new_name="ns", old_fields=("name", "stock"))'
    )
    assert str(item(physical).indexes["ns"]) == "index(name,stock)"
    assert "index(name,stock)" not in item(physical).indexes


def test_an_index_that_has_the_name_already_is_left() -> None:
    physical = after('RenameIndex("Item", new_name="by_name", old_fields=("name",))')
    assert physical == start()[1]


def test_two_indexes_on_the_columns_are_too_many() -> None:
    with pytest.raises(Clash, match=r"2 indexes on shop_item\(name\), not one"):
        after(
            'AddIndex("Item", Index(fields=["name"], name="other")), RenameIndex("Item", new_name="n", old_fields=("name",))'
        )


def test_the_databases_half_is_done_on_the_states_that_it_makes() -> None:
    physical = after(
        'SeparateDatabaseAndState([AddField("Item", "a", IntegerField()), RenameField("Item", "a", "b")], [])'
    )
    assert "b" in item(physical).columns
    assert "a" not in item(physical).columns


def test_a_fresh_install_has_what_effects_made() -> None:
    state, physical = database(
        migration(ITEM),
        migration('RenameModel("Item", "Thing"), AlterModelTable("Category", "kinds"), RemoveField("Thing", "tags"), AlterOrderWithRespectTo("Thing", "category")', "shop.0002_x"),
    )  # fmt: skip
    assert physical.tables == physical_of(state).tables


@pytest.mark.parametrize(
    "source",
    [
        'AddIndex("Item", Index(fields=["stock"], name="i"))',
        'AddIndex("Item", Index(fields=["name"], condition=Q(stock__gt=1), name="i"))',
        'AddIndex("Item", Index(Lower("name"), F("stock"), name="i"))',
        'AddConstraint("Item", UniqueConstraint(fields=["name", "stock"], name="u"))',
        'AlterUniqueTogether("Item", {("name", "stock")})',
    ],
)
def test_an_index_needs_its_columns_in_the_table(source: str) -> None:
    before, physical = database(migration(ITEM))
    table = item(physical)
    without = replace(table, columns={name: each for name, each in table.columns.items() if name != "stock"})
    lacking = PhysicalSchema({**physical.tables, "shop_item": without})
    run(physical, operation(source), before, apply_operation(before, "shop", operation(source)))
    with pytest.raises(Clash, match=r"column shop_item.stock does not exist"):
        run(lacking, operation(source), before, apply_operation(before, "shop", operation(source)))
