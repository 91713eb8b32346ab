"""SeparateDatabaseAndState and RunSQL: what the database is taken to have afterwards, and that the next operation finds it."""

from __future__ import annotations

from functools import reduce

import pytest
from schema_sources import ITEM, database, migration

from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema, Table
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.operations.separate_database_and_state import stated_alone
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash


def after(*sources: str) -> PhysicalSchema:
    later = [migration(source, f"shop.{number:04}_x") for number, source in enumerate(sources, 2)]
    return database(migration(ITEM), *later)[1]


def item(physical: PhysicalSchema) -> Table:
    return physical.tables["shop_item"]


INDEX = 'Index(fields=["stock"], name="i")'


def test_an_index_that_sql_makes_can_be_removed_by_django() -> None:
    made = f'SeparateDatabaseAndState([RunSQL("CREATE INDEX CONCURRENTLY …")], [AddIndex("Item", {INDEX})])'
    assert "i" in item(after(made)).indexes
    assert "i" not in item(after(made, 'RemoveIndex("Item", "i")')).indexes


def test_sql_that_says_what_it_does_does_it_once() -> None:
    made = 'RunSQL("ALTER TABLE …", state_operations=[AddField("Item", "color", IntegerField())])'
    assert "color" in item(after(made)).columns
    with pytest.raises(Clash):
        after('AddField("Item", "color", IntegerField())', made)


def test_what_the_state_follows_is_there_already() -> None:
    assert (
        "color"
        in item(after('SeparateDatabaseAndState([], [AddField("Item", "color", IntegerField())])')).columns
    )
    after(
        'SeparateDatabaseAndState([AddField("Item", "color", IntegerField())], [])',
        'SeparateDatabaseAndState([], [AddField("Item", "color", IntegerField())])',
    )


def test_what_the_state_only_forgets_stays_in_the_database() -> None:
    physical = after('SeparateDatabaseAndState([], [RemoveField("Item", "stock"), DeleteModel("Item")])')
    assert "stock" in item(physical).columns


def test_a_model_moved_to_another_app_keeps_its_table() -> None:
    physical = after(
        """SeparateDatabaseAndState([], [
            CreateModel("Ware", [("id", AutoField(primary_key=True)), ("stock", IntegerField())], {"db_table": "shop_item"}),
            DeleteModel("Item")])""",
        'AddField("Ware", "color", IntegerField())',
    )
    assert {"name", "color"} <= {*item(physical).columns}


WARE = """SeparateDatabaseAndState([], [
    CreateModel("Ware", [("id", AutoField(primary_key=True)), ("stock", IntegerField())])])"""


@pytest.mark.parametrize("sql", ["", 'RunSQL("ALTER INDEX shop_item_pkey RENAME TO shop_ware_pkey"), '])
@pytest.mark.parametrize("told_first", [True, False])
def test_a_table_that_is_renamed_for_another_model(sql: str, told_first: bool) -> None:
    """netbox moved extras.ObjectChange to core, and told the new app's state first."""
    moved = f'SeparateDatabaseAndState([AlterModelTable("Item", "shop_ware"), {sql}], [DeleteModel("Item")])'
    steps = (WARE, moved) if told_first else (moved, WARE)
    physical = after(*steps, 'AddField("Ware", "color", IntegerField())')
    assert "color" in physical.tables["shop_ware"].columns
    assert "shop_item" not in physical.tables
    with pytest.raises(Clash):
        after(
            *steps, 'CreateModel("Other", [("id", AutoField(primary_key=True))], {"db_table": "shop_ware"})'
        )


def test_a_table_is_not_renamed_over_another_where_its_model_stays() -> None:
    with pytest.raises(Clash):
        after(WARE, 'SeparateDatabaseAndState([AlterModelTable("Item", "shop_ware")], [])')


def test_a_many_to_many_table_that_becomes_a_model() -> None:
    """The example of Django's documentation."""
    physical = after(
        """SeparateDatabaseAndState(
            database_operations=[RunSQL("ALTER TABLE shop_item_tags RENAME TO shop_tagging")],
            state_operations=[
                CreateModel("Tagging", [("id", AutoField(primary_key=True)), ("item", ForeignKey("Item", DO_NOTHING)), ("category", ForeignKey("Category", DO_NOTHING))]),
                AlterField("Item", "tags", ManyToManyField("Category", through="shop.Tagging"))])""",
        'AddField("Tagging", "is_primary", BooleanField(default=False))',
    )
    assert "is_primary" in physical.tables["shop_tagging"].columns


def test_a_many_to_many_table_that_becomes_a_model_under_its_own_name() -> None:
    physical = after(
        """SeparateDatabaseAndState(state_operations=[
            CreateModel("Tagging", [("id", AutoField(primary_key=True)), ("item", ForeignKey("Item", CASCADE)), ("category", ForeignKey("Category", CASCADE))], {"db_table": "shop_item_tags"}),
            AlterField("Item", "tags", ManyToManyField("Category", through="shop.Tagging"))])""",
        'AlterField("Tagging", "id", BigAutoField(primary_key=True))',
    )
    assert str(physical.tables["shop_item_tags"].columns["id"]) == "BigAutoField primary key"


def test_an_altered_column_of_the_state_is_as_the_state_says() -> None:
    altered = 'AlterField("Item", "name", CharField(max_length=7, unique=True))'
    for half in ('[RunSQL("ALTER …")]', "[]"):
        physical = after(
            f"SeparateDatabaseAndState({half}, [{altered}])", 'AlterField("Item", "name", TextField())'
        )
        assert str(item(physical).columns["name"]) == "TextField"
        assert "unique(name)" not in item(physical).indexes


def test_both_halves_the_same_is_done_once() -> None:
    added = 'AddField("Item", "color", IntegerField())'
    assert "color" in item(after(f"SeparateDatabaseAndState([{added}], [{added}])")).columns
    with pytest.raises(Clash):
        after(added, f"SeparateDatabaseAndState([{added}], [{added}])")


def test_a_model_that_becomes_managed_has_its_table() -> None:
    physical = after(
        'CreateModel("Old", [("id", AutoField(primary_key=True))], {"managed": False})',
        'AlterModelOptions("Old", {"managed": True}), AddField("Old", "a", IntegerField())',
    )
    assert "a" in physical.tables["shop_old"].columns


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ('DROP INDEX CONCURRENTLY IF EXISTS \\"i\\"', 'RemoveIndex("Item", "i")'),
        ("DROP INDEX if  exists i", 'RemoveIndex("Item", "i")'),
        ("ALTER TABLE shop_item DROP CONSTRAINT IF EXISTS `i`", 'RemoveConstraint("Item", "i")'),
    ],
)
def test_sql_that_looks_first_may_find_the_thing_gone_already(sql: str, state: str) -> None:
    """With the column its index goes (PostgreSQL), and the models still have it."""
    schema_object = (
        f'AddIndex("Item", {INDEX})'
        if "Index" in state
        else ('AddConstraint("Item", UniqueConstraint(fields=["stock"], name="i"))')
    )
    gone = f'SeparateDatabaseAndState([RunSQL("{sql}")], [{state}])'
    before = (schema_object, 'RemoveField("Item", "stock")')
    after(*before, gone)
    after(schema_object, gone)
    with pytest.raises(Clash):
        after(*before, gone.replace("IF EXISTS", "").replace("if  exists", ""))
    with pytest.raises(Clash):
        after(
            *before,
            gone.replace('i\\"', 'another\\"')
            .replace("exists i", "exists another")
            .replace("`i`", "`another`"),
        )


def test_sql_that_looks_first_may_find_the_thing_there_already() -> None:
    made = f'SeparateDatabaseAndState([RunSQL("CREATE INDEX IF NOT EXISTS i ON …")], [AddIndex("Item", {INDEX})])'
    assert "i" in item(after(made)).indexes
    with pytest.raises(Clash):
        after(f'AddIndex("Item", {INDEX})', made.replace("IF NOT EXISTS ", ""))
    after(f'AddIndex("Item", {INDEX})', made)


def stated(source: str, excused: frozenset[tuple[str, Operation]]) -> Table:
    """The table of Item after the operation, where only these operations on the state alone are a branch's own."""
    before, physical = database(migration(ITEM))
    (operation,) = migration(source).operations
    effects = physical_effects(operation, "shop", before, apply_operation(before, "shop", operation), excused)
    return item(reduce(run_effect, effects, physical))


ALONE = f'SeparateDatabaseAndState([], [AddIndex("Item", {INDEX})])'


@pytest.mark.parametrize(
    "source",
    [
        ALONE,
        f'RunSQL("", state_operations=[AddIndex("Item", {INDEX})])',
        f'SeparateDatabaseAndState([AddField("Item", "x", IntegerField())], [AddIndex("Item", {INDEX})])',
    ],
)
def test_what_only_a_plan_says_of_the_state_makes_nothing(source: str) -> None:
    assert "i" not in stated(source, frozenset()).indexes
    assert "i" in stated(source, stated_alone([migration(ALONE)])).indexes


@pytest.mark.parametrize(
    "source",
    [
        f'SeparateDatabaseAndState([RunSQL("CREATE INDEX …")], [AddIndex("Item", {INDEX})])',
        f'RunSQL("CREATE INDEX …", state_operations=[AddIndex("Item", {INDEX})])',
        f'SeparateDatabaseAndState([AddIndex("Item", {INDEX})], [AddIndex("Item", {INDEX})])',
    ],
)
def test_what_stands_beside_it_makes_it(source: str) -> None:
    assert "i" in stated(source, frozenset()).indexes
    assert stated_alone([migration(source)]) == frozenset()
