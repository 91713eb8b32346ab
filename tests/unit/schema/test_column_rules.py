"""Columns: what they hold, what a table with rows asks of them, how Django names them, and what an alteration costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from columns_by_hand import column
from schema_sources import ITEM, field, state

from stitchback.hazards.large_table import READS, REWRITES, table_work
from stitchback.model.keys import ModelKey
from stitchback.model.physical import IndexDefinition
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.values import Constant, Reference
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.column_values import integers, keeps_values, read_shape, whole_digits
from stitchback.schema.definitions import index_definition
from stitchback.schema.effects import AddColumn, AlterColumn
from stitchback.schema.inserting import lacks_row_value, must_be_given
from stitchback.schema.needs import lacks
from stitchback.schema.references import is_missing, require_targets
from stitchback.schema.sqlite_remake import definitions_of
from stitchback.schema.tables import AUTO_COLUMN, automatic_key, column_of, holds_key, many_columns
from stitchback.schema.unique_together import together_set_of
from stitchback.schema.visible import has_column

NOTE = ModelKey("shop", "note")
PLACE = """
CreateModel("Place", [("name", CharField(max_length=9))]),
CreateModel("Shop", [("size", IntegerField()), ("owner", ForeignKey("Place", CASCADE)), ("friends", ManyToManyField("self"))],
            bases=("shop.Place",)),
"""


@pytest.mark.parametrize(
    ("before", "after", "keeps"),
    [
        ("TimeField()", "TextField()", True),
        ("GenericIPAddressField()", "TextField()", True),
        ("DateField()", "DateTimeField()", True),
        ("TimeField()", "DateField()", False),
        ("BinaryField()", "TextField()", False),
    ],
)
def test_a_conversion_that_keeps_values(before: str, after: str, keeps: bool) -> None:
    assert keeps_values(field(before), field(after)) is keeps


def test_the_range_of_a_large_integer() -> None:
    assert integers(read_shape(column("BigIntegerField")), "postgresql") == (-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "digits"), [("DecimalField(max_digits=8,decimal_places=2)", 6), ("IntegerField", 0)]
)
def test_digits_before_the_point(text: str, digits: int) -> None:
    assert whole_digits(read_shape(column(text))) == digits


@pytest.mark.parametrize(
    ("source", "by_sql", "given"),
    [
        ("CharField(max_length=9)", False, False),
        ("SlugField()", False, False),
        ("IntegerField()", False, True),
        ("CharField(max_length=9)", True, True),
    ],
)
def test_a_row_without_a_value(source: str, by_sql: bool, given: bool) -> None:
    assert must_be_given(field(source), by_sql=by_sql) is given


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("CharField(max_length=9, blank=True)", False),
        ("SlugField(blank=True)", False),
        ("CharField(max_length=9)", True),
        ("IntegerField(blank=True)", True),
    ],
)
def test_a_new_column_of_a_table_with_rows(source: str, lacking: bool) -> None:
    """Django gives a text field that may be blank the empty string."""
    assert lacks_row_value(field(source), None) is lacking


@pytest.mark.parametrize(
    ("model", "name", "lacking"),
    [
        ("shop", "owner_id", False),
        ("shop", "owner", False),
        ("shop", "place_ptr", False),
        ("shop", "place_ptr_id", False),
        ("shop", "name", False),
        ("place", "id", False),
        ("place", "pk_id", True),
        ("shop", "color", True),
        ("shop", "size_id", True),
    ],
)
def test_a_field_that_a_model_lacks(model: str, name: str, lacking: bool) -> None:
    found = state(PLACE)
    assert lacks(found, found.models[ModelKey("shop", model)], name) is lacking


def test_the_key_that_django_adds() -> None:
    found = state(PLACE)
    assert automatic_key(found, found.models[ModelKey("shop", "place")]) == ("id", AUTO_COLUMN)
    name, key = automatic_key(found, found.models[ModelKey("shop", "shop")]) or ("", AUTO_COLUMN)
    assert (name, str(key)) == ("place_ptr_id", str(column("→shop_place(pk) primary key")))


@pytest.mark.parametrize("cls", ["AutoField", "BigAutoField", "SmallAutoField"])
def test_an_automatic_field_is_the_key(cls: str) -> None:
    assert holds_key(field(f"{cls}()"))
    assert not holds_key(field("IntegerField()"))


@pytest.mark.parametrize(
    ("to", "columns"),
    [
        ("shop.Place", ("from_place_id", "to_place_id")),
        ("depot.Place", ("from_place_id", "to_place_id")),
        ("shop.Shop", ("place_id", "shop_id")),
    ],
)
def test_the_columns_of_a_many_to_many_table(to: str, columns: tuple[str, str]) -> None:
    model = state(PLACE).models[ModelKey("shop", "place")]
    assert many_columns(model, field(f"ManyToManyField({to!r})", model="Place")) == columns


def test_a_model_that_is_missing() -> None:
    found = replace(state(PLACE), migrated_apps=frozenset({"shop"}))
    note = (("note", field("ForeignKey('shop.Note', CASCADE)")),)
    place = found.models[ModelKey("shop", "place")]
    assert is_missing(found, NOTE)
    assert not is_missing(found, place.key)
    assert not is_missing(found, ModelKey("depot", "note"))
    assert not is_missing(replace(found, left_out=frozenset({NOTE})), NOTE)
    with pytest.raises(InconsistentState) as refused:
        require_targets(found, place, note)
    assert refused.value.problem == Problem.of(ProblemKind.TARGET_MISSING, NOTE, place.key)
    require_targets(found, place, place.fields)


def test_no_together_is_an_empty_one() -> None:
    assert together_set_of(None) == together_set_of(Constant(None)) == frozenset()


def test_what_is_a_column() -> None:
    assert not has_column(field("ManyToManyField('Tag')"))
    assert has_column(field("ImageField(upload_to='x', width_field='w', height_field='h')"))


def alteration(before: str, after: str) -> AlterColumn:
    return AlterColumn("shop_item", "code", column(before), column(after))


@pytest.mark.parametrize(
    ("before", "after", "work"),
    [
        ("varchar(9)", "varchar(20)", ""),
        ("varchar(20)", "varchar(9)", REWRITES),
        ("IntegerField", "BigIntegerField", REWRITES),
        ("DecimalField(max_digits=8,decimal_places=2)", "DecimalField(max_digits=8,decimal_places=2)", ""),
        ("DecimalField(max_digits=8,decimal_places=2)", "DecimalField(max_digits=9,decimal_places=2)", ""),
        ("DecimalField(max_digits=8,decimal_places=2)", "DecimalField(max_digits=8,decimal_places=3)", REWRITES),
        ("→shop_a(id)", "→shop_b(id)", ""),
        ("→shop_a(id) no constraint", "→shop_a(id)", READS),
    ],
)  # fmt: skip
def test_what_an_altered_column_costs_on_postgresql(before: str, after: str, work: str) -> None:
    assert table_work(alteration(before, after), "postgresql") == work


@pytest.mark.parametrize(
    ("default", "work"),
    [("django.db.models.functions.Random()", REWRITES), ("django.db.models.functions.Now()", ""), ("0", "")],
)
def test_what_a_new_column_costs_on_postgresql(default: str, work: str) -> None:
    """A default that differs from row to row is computed for all of them."""
    new = replace(column("IntegerField"), options=(("db_default", default),))
    assert table_work(AddColumn("shop_item", "code", new), "postgresql") == work


def test_the_definitions_of_a_table_by_their_names() -> None:
    model = state(ITEM).models[ModelKey("shop", "item")]
    indexes, constraints = definitions_of(model)
    assert dict(indexes)["by_name"] == IndexDefinition("index", ("name",))
    assert {each.columns for _, each in indexes} == {
        ("name",),
        ("stock",),
        ("category_id",),
        ("name", "category_id"),
    }
    assert constraints == ()


def test_an_index_that_is_no_call_is_known_by_its_text() -> None:
    model = state(ITEM).models[ModelKey("shop", "item")]
    assert index_definition(model, Reference("shop.rules.BY_NAME"), column_of) == IndexDefinition(
        "index", expressions=("shop.rules.BY_NAME",)
    )
