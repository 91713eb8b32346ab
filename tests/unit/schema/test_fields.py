"""Fields as `Field.deconstruct()` gives them."""

from __future__ import annotations

import pytest
from django.db import models
from schema_sources import field, value

from stitchback.model.field_names import DeclaredField, FieldNames
from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field
from stitchback.model.values import Call, Constant, Reference, render
from stitchback.schema.fields import canonical_field


def said(source: str) -> dict[str, str]:
    return {name: render(value) for name, value in field(source).arguments}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("CharField(max_length=9, null=False, blank=False, unique=False, db_index=False)", {"max_length": "9"}),
        ('CharField("name", max_length=9)', {"max_length": "9", "verbose_name": "'name'"}),
        ("SlugField(max_length=50, db_index=True)", {}),
        ("SlugField(db_index=False)", {"db_index": "False"}),
        ("EmailField()", {"max_length": "254"}),
        ("URLField(max_length=200)", {}),
        ("FileField(max_length=100, upload_to='x')", {"upload_to": "'x'"}),
        ("UUIDField(max_length=32)", {}),
        ("DateField(auto_now=True, blank=True, editable=False)", {"auto_now": "True"}),
        ("BinaryField(editable=False)", {}),
        ("DecimalField('price', None, 8, 2)", {"verbose_name": "'price'", "max_digits": "8", "decimal_places": "2"}),
        ("IntegerField('i', None, False, None, True)", {"unique": "True", "verbose_name": "'i'"}),
        ("ForeignKey('Tag', CASCADE)", {"on_delete": "django.db.models.CASCADE", "to": "'shop.tag'"}),
        ("ForeignKey('depot.Tag', SET_NULL, 'x')", {"on_delete": "django.db.models.SET_NULL", "to": "'depot.tag'", "related_name": "'x'"}),
        ("OneToOneField('self', CASCADE, unique=True)", {"on_delete": "django.db.models.CASCADE", "to": "'shop.item'"}),
        ("ManyToManyField(to=settings.AUTH_USER_MODEL)", {"to": "django.conf.settings.AUTH_USER_MODEL"}),
        ("ManyToManyField('Tag', through='Tagging')", {"to": "'shop.tag'", "through": "'shop.tagging'"}),
        ("NullBooleanField(null=True, blank=True)", {}),
        ("CharField(max_length=9, verbose_name=b'n', db_column=b'c')", {"max_length": "9", "verbose_name": "'n'", "db_column": "'c'"}),
        ("TimeField(auto_now=True, blank=True, editable=False)", {"auto_now": "True"}),
        ("CharField('n', None, False, 9, False, False, False, False, None, 'x', True, True, 'day')",
         {"default": "'x'", "max_length": "9", "unique_for_date": "'day'", "verbose_name": "'n'"}),
        ("OneToOneField('Tag', CASCADE, parent_link=False)", {"on_delete": "django.db.models.CASCADE", "to": "'shop.tag'"}),
        ("IntegerField(choices=[], validators=[], error_messages=None, help_text='')", {}),
    ],
)  # fmt: skip
def test_arguments_are_what_deconstruct_says(source: str, expected: dict[str, str]) -> None:
    assert said(source) == expected


OWN_PARAMETERS = {"DecimalField": "max_digits=5, decimal_places=2", "GeneratedField": "", "CompositePrimaryKey": "", "OrderWrt": ""}  # fmt: skip
PLAIN_FIELDS = sorted(
    name
    for name in dir(models)
    if isinstance(found := getattr(models, name), type)
    and issubclass(found, models.Field)
    and not issubclass(found, (models.ForeignObject, models.ManyToManyField))
    and OWN_PARAMETERS.get(name) != ""
)


@pytest.mark.parametrize("name", PLAIN_FIELDS)
def test_the_first_argument_of_each_class_of_django_is_its_verbose_name(name: str) -> None:
    own = OWN_PARAMETERS.get(name, "")
    arguments = said(f"{name}('n', null=False{', ' * bool(own)}{own})")
    assert (arguments.get("verbose_name"), arguments.get("null")) == ("'n'", None)


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("model_utils.fields.MonitorField", "DateTimeField"),
        ("model_utils.fields.StatusField", "CharField"),
        ("djmoney.models.fields.MoneyField", "DecimalField"),
        ("taggit.managers.TaggableManager", "ManyToManyField"),
    ],
)
def test_the_base_of_a_field_of_a_known_package(path: str, base: str) -> None:
    found = canonical_field(Call(Reference(path)), "shop")
    assert isinstance(found, Field)
    assert found.base == f"django.db.models.{base}"


def test_a_foreign_key_of_django_1_cascades() -> None:
    assert said("ForeignKey(to='shop.Tag')")["on_delete"] == "django.db.models.CASCADE"


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("django.db.models.fields.CharField", "django.db.models.CharField"),
        ("django.db.models.fields.related.ForeignKey", "django.db.models.ForeignKey"),
        ("django.contrib.postgres.fields.jsonb.JSONField", "django.contrib.postgres.fields.JSONField"),
        ("shop.fields.ColorField", "shop.fields.ColorField"),
    ],
)
def test_a_class_goes_by_the_path_that_deconstruct_says(path: str, now: str) -> None:
    found = canonical_field(Call(Reference(path)), "shop")
    assert not isinstance(found, Opaque)
    assert found.path == now


def test_a_custom_field_keeps_its_arguments_and_is_told_its_base() -> None:
    call = Call(Reference("shop.fields.Color"), (Constant(7),), (("null", Constant(False)),))
    found = canonical_field(
        call,
        "shop",
        bases={
            "shop.fields.Color": "shop.fields.Text",
            "shop.fields.Text": "django.db.models.fields.CharField",
        },
    )
    assert not isinstance(found, Opaque)
    assert found.base == "django.db.models.CharField"
    assert dict(found.arguments) == {"0": Constant(7), "null": Constant(False)}


@pytest.mark.parametrize(
    ("source", "base"),
    [
        ("mptt.fields.TreeForeignKey", "ForeignKey"),
        ("shop.fields.OwnerKey", "ForeignKey"),
        ("shop.fields.MyOneToOneField", "OneToOneField"),
    ],
)
def test_what_takes_on_delete_is_a_foreign_key(source: str, base: str) -> None:
    kwargs = (("on_delete", Reference("django.db.models.CASCADE")), ("to", Constant("Tag")))
    found = canonical_field(Call(Reference(source), (), kwargs), "shop")
    assert not isinstance(found, Opaque)
    assert (found.base, found.argument("to")) == (f"django.db.models.{base}", Constant("shop.tag"))


def test_fields_inside_fields_are_canonical_too() -> None:
    found = canonical_field(
        Call(
            Reference("django.contrib.postgres.fields.ArrayField"),
            (value("CharField(max_length=5, null=False)"),),
        ),
        "shop",
    )
    assert not isinstance(found, Opaque)
    assert (
        render(found.argument("base_field") or Constant(None)) == "django.db.models.CharField(max_length=5)"
    )


def test_the_key_that_a_setting_names_is_known_for_one() -> None:
    auto = Call(
        Reference("django.utils.module_loading.import_string"),
        (Reference("django.conf.settings.DEFAULT_AUTO_FIELD"),),
    )
    found = canonical_field(Call(auto, (), (("primary_key", Constant(True)),)), "shop")
    assert not isinstance(found, Opaque)
    assert (found.path, found.base) == (
        "django.conf.settings.DEFAULT_AUTO_FIELD",
        "django.db.models.AutoField",
    )


def test_what_is_no_call_of_a_class_is_opaque() -> None:
    assert isinstance(canonical_field(Constant(3), "shop"), Opaque)
    unread = Opaque("a loop", "x", Span("a.py", 3))
    assert canonical_field(unread, "shop") is unread


UID = DeclaredField("shop.fields.uid.Uid", {"_null": Constant(False), "null": Constant(True)})
NAMES = FieldNames(
    (
        {"shop.fields.uid.Uid": UID},  # mainline, which need not know every path of a branch
        {
            "shop.fields.Uid": DeclaredField("shop.fields.uid.Uid", {"_null": Constant(True)}),
            "shop.fields.Json": DeclaredField("django.db.models.fields.json.JSONField"),
        },
    )
)


def named(path: str, **arguments: object) -> Field:
    kwargs = tuple((name, Constant(said)) for name, said in arguments.items())
    found = canonical_field(Call(Reference(path), (), kwargs), "shop", names=NAMES)
    assert isinstance(found, Field)
    return found


def test_a_class_goes_by_where_it_is_defined() -> None:
    assert named("shop.fields.Uid", prefix="o") == named("shop.fields.uid.Uid", prefix="o")
    assert named("shop.fields.Json", null=False) == field("JSONField()")
    assert named("shop.other.Uid") != named("shop.fields.Uid")
    assert named("mptt.models.TreeForeignKey").path == "mptt.fields.TreeForeignKey"


def test_what_a_class_does_anyway_need_not_be_said() -> None:
    assert named("shop.fields.Uid", prefix="o", _null=False) == named("shop.fields.uid.Uid", prefix="o")
    assert named("shop.fields.Uid", _null=True).argument("_null") == Constant(True)
    assert named("shop.other.Uid", _null=False).argument("_null") == Constant(False)


def test_djangos_own_arguments_count_as_they_are_said() -> None:
    """Whether a column may be null, or has an index, is asked of the field in many places."""
    assert named("shop.fields.Uid", null=True).argument("null") == Constant(True)
