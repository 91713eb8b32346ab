"""Atoms, and who is who through renames."""

from __future__ import annotations

from schema_sources import ITEM, key, migration, operation, state

from stitchback.matching.replay import play, play_with_identity
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Origin,
    Removed,
    Renamed,
    SchemaObject,
    SchemaObjectKind,
    UnreadChange,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field
from stitchback.model.values import Constant
from stitchback.schema.identity import Identity

COLUMN, TABLE, INDEX = SchemaObjectKind.COLUMN, SchemaObjectKind.TABLE, SchemaObjectKind.INDEX


def atoms(source: str, start: str = ITEM) -> tuple[Atom, ...]:
    return play([migration(source, "shop.0002_x")], state(start))[1]


def told(source: str, start: str = ITEM) -> list[str]:
    """Each atom in few words: kind, thing, whether in database and state."""
    return [words(atom) for atom in atoms(source, start)]


def words(atom: Atom) -> str:
    match atom:
        case DataRun(label=label, empty=empty):
            return f"run {label}" + (" empty" if empty else "")
        case UnreadChange(app=app):
            return f"unread {app}"
        case Added() | Removed() | Altered() | Renamed():
            where = "" if atom.database and atom.state else " state only" if atom.state else " database only"
            return f"{type(atom).__name__.lower()} {atom.schema_object}{where}"


def schema_object(kind: SchemaObjectKind, model: str, name: str = "") -> SchemaObject:
    return SchemaObject(kind, key(model), name)


def test_a_model_and_everything_in_it() -> None:
    found = told(
        'CreateModel("A", [("id", AutoField(primary_key=True)), ("b", IntegerField())], {"ordering": ["b"], "unique_together": {("id", "b")}, "indexes": [Index(fields=["b"], name="i")], "constraints": [UniqueConstraint(fields=["b"], name="u")]})'
    )
    assert found == [
        "added table shop.a",
        "added column shop.a.id",
        "added column shop.a.b",
        "added index shop.a.i",
        "added constraint shop.a.u",
        "added unique together shop.a.b,id",
        "added option shop.a.ordering state only",
    ]


def test_a_model_taken_away_takes_everything_along() -> None:
    assert told('DeleteModel("Category")') == [
        "removed column shop.category.code",
        "removed column shop.category.id",
        "removed table shop.category",
    ]


def test_one_field_at_a_time() -> None:
    assert told('AddField("Item", "a", IntegerField())') == ["added column shop.item.a"]
    assert told('RemoveField("Item", "stock")') == ["removed column shop.item.stock"]
    assert told('AlterField("Item", "stock", BigIntegerField())') == ["altered column shop.item.stock"]
    assert told('AlterField("Item", "stock", IntegerField())') == ["altered column shop.item.stock"]


def test_what_no_database_sees_is_altered_in_the_state_only() -> None:
    assert told('AlterField("Item", "stock", IntegerField(db_index=True, help_text="x"))') == [
        "altered column shop.item.stock state only"
    ]
    assert told('AlterModelOptions("Item", {"ordering": ["name"]})') == [
        "added option shop.item.ordering state only"
    ]


def test_options_that_name_the_table_are_the_databases_too() -> None:
    assert told('AlterModelTable("Item", "goods")') == ["added option shop.item.db_table"]
    assert told(
        'AlterModelTable("Item", "goods")', ITEM + 'AlterModelOptions("Item", {"ordering": ["name"]}),'
    ) == ["added option shop.item.db_table"]


def test_togethers_one_by_one() -> None:
    assert told('AlterUniqueTogether("Item", {("name", "stock"), ("category", "stock")})') == [
        "removed unique together shop.item.category,name",
        "added unique together shop.item.category,stock",
        "added unique together shop.item.name,stock",
    ]


def test_nothing_is_said_where_nothing_changes() -> None:
    assert (
        told(
            'AlterField("Item", "stock", IntegerField(db_index=True)), AlterUniqueTogether("Item", [["name", "category"]])'
        )
        == []
    )


def test_identity_follows_renames() -> None:
    found = atoms(
        'RenameField("Item", "stock", "amount"), RenameModel("Item", "Thing"), AlterField("Thing", "amount", BigIntegerField()), RenameIndex("Thing", "by_title", "by_name"), RemoveIndex("Thing", "by_title")'
    )
    assert [words(atom) for atom in found] == [
        "renamed column shop.item.stock",
        "renamed table shop.item",
        "altered column shop.item.stock",
        "renamed index shop.item.by_name",
        "removed index shop.item.by_name",
    ]
    altered = found[2]
    assert isinstance(altered, Altered)
    assert altered.name == "amount"
    assert altered.origin == Origin(MigrationKey("shop", "0002_x"), 2)


def test_a_together_keeps_its_identity_when_a_field_of_it_is_renamed() -> None:
    assert told('RenameField("Item", "name", "title"), AlterUniqueTogether("Item", set())') == [
        "renamed column shop.item.name",
        "removed unique together shop.item.category,name",
    ]


def test_a_name_that_became_free_is_another_thing() -> None:
    found = told(
        'RenameField("Item", "stock", "amount"), AddField("Item", "stock", IntegerField()), RenameModel("Item", "Thing"), CreateModel("Item", [])'
    )
    assert found[1:] == [
        "added column shop.item.stock (2)",
        "renamed table shop.item",
        "added table shop.item (2)",
    ]


def test_a_thing_made_again_after_it_went_is_the_same_thing() -> None:
    assert told('RemoveField("Item", "stock"), AddField("Item", "stock", BigIntegerField())') == [
        "removed column shop.item.stock",
        "added column shop.item.stock",
    ]


def test_who_is_who_at_the_end() -> None:
    played = play_with_identity(
        [
            migration(
                'RenameModel("Item", "Thing"), RenameField("Thing", "stock", "amount"), RenameIndex("Thing", "by_title", "by_name")'
            )
        ],
        state(ITEM),
    )
    identity = played.identity
    assert identity.model(key("shop.thing")) == key("shop.item")
    assert identity.schema_object(COLUMN, key("shop.thing"), "amount") == schema_object(
        COLUMN, "shop.item", "stock"
    )
    assert identity.current_name(schema_object(COLUMN, "shop.item", "stock")) == "amount"
    assert identity.current_name(schema_object(INDEX, "shop.item", "by_name")) == "by_title"
    assert identity.current_name(schema_object(TABLE, "shop.item")) == "thing"
    assert (
        identity.current_name(schema_object(SchemaObjectKind.UNIQUE_TOGETHER, "shop.item", "stock,name"))
        == "amount,name"
    )
    assert identity.current_name(schema_object(COLUMN, "shop.category", "code")) == "code"


def test_a_shape_by_identity() -> None:
    played = play_with_identity(
        [
            migration(
                'RenameModel("Item", "Thing"), AddField("Category", "top", ForeignKey("Thing", CASCADE))'
            )
        ],
        state(ITEM),
    )
    (added,) = (atom for atom in played.atoms if isinstance(atom, Added))
    assert isinstance(added.shape, Field)
    assert played.identity.shape(added.shape).argument("to") == Constant("shop.item")
    assert Identity().shape(added.shape) == added.shape


def test_a_change_that_both_halves_make_is_one() -> None:
    found = told("""SeparateDatabaseAndState(
        [AddField("Item", "a", IntegerField()), RemoveField("Item", "stock")],
        [AddField("Item", "a", IntegerField()), AddField("Item", "b", IntegerField())])""")
    assert found == [
        "added column shop.item.a",
        "added column shop.item.b state only",
        "removed column shop.item.stock database only",
    ]


def test_what_the_states_half_says_counts_for_the_next_operation() -> None:
    found = told(
        'SeparateDatabaseAndState([], [RenameField("Item", "stock", "amount")]), AlterField("Item", "amount", TextField())'
    )
    assert found == ["renamed column shop.item.stock state only", "altered column shop.item.stock"]


def test_data() -> None:
    before = "def fill(apps, editor):\n    apps.get_model('shop', 'Item').objects.all().delete()\n\ndef rest(apps, editor):\n    pass\n"
    found = play(
        [
            migration(
                'RunPython(fill), RunPython(rest), RunPython(migrations.RunPython.noop), RunSQL("UPDATE x  SET y\\n= 1"), RunSQL("UPDATE x SET y = 1"), RunSQL("")',
                before=before,
            )
        ],
        state(ITEM),
    )[1]
    runs = [atom for atom in found if isinstance(atom, DataRun)]
    assert [run.empty for run in runs] == [False, True, True, False, False, True]
    assert [run.label for run in runs][:3] == ["RunPython fill", "RunPython rest", "RunPython noop"]
    assert runs[3].fingerprint == runs[4].fingerprint
    assert len({run.fingerprint for run in runs[:4]}) == 4


def test_sql_that_says_what_it_does_to_the_state() -> None:
    found = told(
        'RunSQL("ALTER TABLE shop_item DROP stock", state_operations=[RemoveField("Item", "stock")])'
    )
    assert found == ["run RunSQL 'ALTER TABLE shop_item DROP stock'", "removed column shop.item.stock"]
    found = told('RunSQL("", state_operations=[RemoveField("Item", "stock")])')
    assert found == ["run RunSQL '' empty", "removed column shop.item.stock state only"]


def test_code_in_the_databases_half_is_taken_to_do_what_the_state_says() -> None:
    index = 'Index(fields=["stock"], name="i")'
    assert told(f'SeparateDatabaseAndState([RunSQL("CREATE INDEX")], [AddIndex("Item", {index})])') == [
        "added index shop.item.i",
        "run RunSQL 'CREATE INDEX'",
    ]
    assert told(f'SeparateDatabaseAndState([], [AddIndex("Item", {index})])') == [
        "added index shop.item.i state only"
    ]


def test_unmanaged_models_and_proxies_are_in_the_state_only() -> None:
    assert told('CreateModel("V", [("id", AutoField(primary_key=True))], {"managed": False})') == [
        "added table shop.v state only",
        "added column shop.v.id state only",
        "added option shop.v.managed state only",
    ]
    assert (
        told('CreateModel("P", [], {"proxy": True}, bases=("shop.item",))')[0]
        == "added table shop.p state only"
    )


def test_what_cannot_be_read_is_an_atom_too() -> None:
    unread = Opaque("a loop", "x", Span("a.py", 3))
    found = play([migration("").with_changes(operations=(unread,))], state(ITEM))
    assert [words(atom) for atom in found[1]] == ["unread shop"]


def test_what_is_not_known_of_an_operation_class_is_unread() -> None:
    from dataclasses import replace

    odd = replace(operation('DeleteModel("Item")'), kind="DropEverything")
    after, found = play([migration("").with_changes(operations=(odd,))], state(ITEM))
    assert [words(atom) for atom in found] == ["unread shop"]
    assert after.opaque_apps == {"shop"}
