"""States after operations; what does not fit, and what cannot be read."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from schema_sources import ITEM, key, migration, operation, state

from stitchback.model.field_names import DeclaredField, FieldNames
from stitchback.model.migrations import Migration
from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import Constant, render
from stitchback.operations.applying import apply_migration, apply_operation, physical_effects
from stitchback.schema.changes import with_model, without_model
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import Unknown


def arguments(found: SchemaState, model: str, name: str) -> dict[str, str]:
    field = found.models[key(model)].field(name)
    assert isinstance(field, Field), field
    return {name: render(value) for name, value in field.arguments}


def test_a_model_goes_with_all_that_refers_to_it_when_it_is_renamed() -> None:
    found = state(
        ITEM,
        'RenameModel("Category", "Kind"), CreateModel("Sub", [], bases=("shop.kind",)), RenameModel("Kind", "Sort")',
    )
    assert sorted(map(str, found.models)) == ["shop.item", "shop.sort", "shop.sub"]
    assert found.models[key("shop.sort")].name == "Sort"
    assert arguments(found, "shop.item", "category")["to"] == "'shop.sort'"
    assert arguments(found, "shop.item", "tags")["to"] == "'shop.sort'"
    assert found.models[key("shop.sub")].bases == (Constant("shop.sort"),)


def test_other_apps_follow_a_rename() -> None:
    found = state(ITEM)
    found = apply_migration(
        found, migration('CreateModel("Box", [("item", ForeignKey("shop.Item", CASCADE))])', "depot.0001_x")
    )
    found = apply_operation(found, "shop", operation('RenameModel("Item", "Thing")'))
    assert arguments(found, "depot.box", "item")["to"] == "'shop.thing'"


def test_a_field_goes_with_its_togethers_and_references_when_it_is_renamed() -> None:
    found = state(
        ITEM, 'AddField("Item", "by_code", ForeignKey("Category", CASCADE, to_field="code", related_name="+"))',
        'RenameField("Category", "code", "number"), RenameField("Item", "name", "title")',
    )  # fmt: skip
    assert arguments(found, "shop.item", "by_code")["to_field"] == "'number'"
    assert found.models[key("shop.item")].unique_together == {("title", "category")}
    assert [name for name, _ in found.models[key("shop.item")].fields][-1] == "title"


def test_indexes_do_not_follow_a_renamed_field() -> None:
    """Django leaves them to operations of their own."""
    found = state(ITEM, 'RenameField("Item", "name", "title")')
    assert render(found.models[key("shop.item")].indexes[0][1]).count("'name'") == 1


def test_a_field_is_not_renamed_over_another_one() -> None:
    """Django's state would lose the other one without an error."""
    with pytest.raises(InconsistentState, match=r"shop\.item has a field tags already"):
        state(ITEM, 'RenameField("Item", "name", "tags")')


def test_a_default_for_once_does_not_stay() -> None:
    found = state(
        ITEM, 'AddField("Item", "color", CharField(max_length=9, default="red"), preserve_default=False)'
    )
    assert arguments(found, "shop.item", "color") == {"max_length": "9"}


def test_options_that_alter_model_options_does_not_say_are_gone_and_the_others_stay() -> None:
    found = state(
        'CreateModel("A", [("id", AutoField(primary_key=True))], {"ordering": ["id"], "verbose_name": "a", "db_table": "t", "swappable": "S"})',
        'AlterModelOptions("A", {"permissions": [("a", "b")]})',
    )
    assert sorted(name for name, _ in found.models[key("shop.a")].options) == [
        "db_table",
        "permissions",
        "swappable",
    ]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ('{("name", "stock")}', {("name", "stock")}),
        ('[["name", "stock"]]', {("name", "stock")}),
        ('("name", "stock")', {("name", "stock")}),
        ('set([("name", "stock"), ("stock", "category")])', {("name", "stock"), ("stock", "category")}),
        ("set()", set()),
        ("None", set()),
        ("[]", set()),
        ("{}", set()),
    ],
)
def test_togethers_in_any_spelling(spelling: str, expected: set[tuple[str, ...]]) -> None:
    found = state(ITEM, f'AlterUniqueTogether("Item", {spelling})')
    assert found.models[key("shop.item")].unique_together == expected
    assert not found.models[key("shop.item")].opaque


def test_only_the_states_half_counts() -> None:
    found = state(
        ITEM,
        'SeparateDatabaseAndState([AddField("Item", "a", IntegerField())], [AddField("Item", "b", IntegerField())])',
    )
    assert found.models[key("shop.item")].field("a") is None
    assert found.models[key("shop.item")].field("b") is not None


def test_sql_says_what_it_does_to_the_state() -> None:
    found = state(ITEM, 'RunSQL("ALTER TABLE", state_operations=[RemoveField("Item", "stock")])')
    assert found.models[key("shop.item")].field("stock") is None


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('AddField("Nothing", "a", IntegerField())', "AddField(Nothing, a): there is no model shop.nothing"),
        ('RemoveField("Item", "a")', "RemoveField(Item, a): shop.item has no field a"),
        ('RenameField("Item", "a", "b")', "RenameField(Item, a, b): shop.item has no field a".replace("a, b)", "a, b)")),
        ('RenameModel("Nothing", "Something")', "RenameModel(Nothing, Something): there is no model shop.nothing"),
        ('RenameModel("Item", "ITEM")', "RenameModel(Item, ITEM): Django loses a model that is renamed in the case of its letters only"),
        ('DeleteModel("Nothing")', "DeleteModel(Nothing): there is no model shop.nothing"),
        ('AddIndex("Nothing", Index(fields=["a"], name="i"))', "AddIndex(Nothing): there is no model shop.nothing"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(source: str, reason: str) -> None:
    with pytest.raises(InconsistentState) as caught:
        apply_migration(state(ITEM), migration(source, "shop.0007_more"))
    assert caught.value.message == f"shop.0007_more {reason}".replace(
        "RenameField(Item, a, b)", "RenameField(Item, a, b)"
    )
    assert caught.value.exit_code == 3


def test_django_says_nothing_of_a_field_added_twice_or_an_index_that_is_not_there() -> None:
    state(
        ITEM,
        'AddField("Item", "name", IntegerField()), RemoveIndex("Item", "no"), RemoveConstraint("Item", "no")',
    )


UNREAD = Opaque("a helper's result", "helper()", Span("shop/migrations/0003_x.py", 9))


def unread_migration() -> Migration:
    return migration("").with_changes(operations=(UNREAD,))


def test_what_cannot_be_read_marks_its_app_and_blocks_no_other() -> None:
    found = apply_migration(state(ITEM), unread_migration())
    assert (found.opaque, sorted(found.opaque_apps)) == ((UNREAD,), ["shop"])
    found = apply_operation(found, "shop", operation('AddField("Unseen", "a", IntegerField())'))
    assert "there is no model shop.unseen" in found.opaque[1].reason
    with pytest.raises(InconsistentState):
        apply_operation(found, "depot", operation('AddField("Unseen", "a", IntegerField())'))


def test_a_name_that_cannot_be_read_may_be_any_of_its_app() -> None:
    before = state(ITEM)
    found = operation('AddField(helper(), "a", IntegerField())')
    after = apply_operation(before, "shop", found)
    assert ([item.reason for item in after.opaque], sorted(after.opaque_apps)) == (
        ["model_name cannot be read"],
        ["shop"],
    )
    assert isinstance(physical_effects(found, "shop", before, after)[0], Unknown)


def test_a_part_of_a_model_that_cannot_be_read_is_kept_beside_the_rest() -> None:
    found = state(
        'CreateModel("A", [("id", AutoField(primary_key=True))] + extra(), {"unique_together": wanted(), "ordering": ["id"]})'
    )
    model = found.models[key("shop.a")]
    assert [name for name, _ in model.fields] == ["id"]
    assert len(model.opaque) == 2
    assert (found.opaque, sorted(found.opaque_apps)) == ((), [])
    apply_operation(found, "shop", operation('RemoveField("A", "perhaps_there")'))
    with pytest.raises(InconsistentState):
        apply_operation(found, "shop", operation('RemoveField("B", "x")'))


@pytest.mark.parametrize(
    ("kind", "twice"),
    [
        ("AddField", 'AddField("Item", "name", IntegerField())'),
        ("RemoveField", 'RemoveField("Item", "gone")'),
        ("RenameField", 'RenameField("Item", "old", "name")'),
        ("CreateModel", 'CreateModel("Item", [])'),
        ("DeleteModel", 'DeleteModel("Gone")'),
        ("RenameModel", 'RenameModel("Old", "Item")'),
        ("AddIndex", 'AddIndex("Item", Index(fields=["stock"], name="by_name"))'),
        ("RemoveIndex", 'RemoveIndex("Item", "gone")'),
        ("RemoveConstraint", 'RemoveConstraint("Item", "gone")'),
    ],
)
def test_a_conditional_operation_changes_nothing_where_the_state_is_so_already(kind: str, twice: str) -> None:
    from dataclasses import replace

    before = state(ITEM)
    found = operation(twice)
    assert found.kind == kind
    assert apply_operation(before, "shop", replace(found, conditional=True)).models == before.models


def test_a_change_of_one_model_keeps_all_else_that_a_state_holds() -> None:
    """Whatever fields a SchemaState has."""
    names = FieldNames(({"a.B": DeclaredField("c.D")},))
    given = SchemaState(
        {}, (), frozenset({"shop"}), {"a.B": "c.D"}, names, frozenset({"shop"}), frozenset({key("a.b")})
    )
    item = state(ITEM).models[key("shop.item")]
    assert all(getattr(given, each.name) for each in fields(given) if each.name not in ("models", "opaque"))
    assert with_model(given, item) == replace(given, models={item.key: item})
    assert without_model(with_model(given, item), item.key) == given
