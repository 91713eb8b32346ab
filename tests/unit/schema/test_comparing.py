"""Which differences a database sees, and in which words they are told."""

from __future__ import annotations

import pytest
from schema_sources import field, value

from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field
from stitchback.model.values import Constant, render
from stitchback.schema.comparing import (
    ComparisonKind,
    compare_definitions,
    compare_fields,
    compare_shapes,
    definition_differences,
    visible_shape,
)
from stitchback.schema.expressions import canonical_definition, expression_path
from stitchback.schema.fields import canonical_field


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("CharField(max_length=9)", "CharField(max_length=9, null=False)"),
        ("IntegerField(choices=[(1, 'a')])", "IntegerField(choices=((1, 'a'),))"),
        ("ForeignKey('Tag')", "ForeignKey('shop.Tag', on_delete=models.CASCADE)"),
        ("GeneratedField(expression=F('a') * 2, output_field=IntegerField(), db_persist=True)",
         "GeneratedField(expression=django.db.models.expressions.CombinedExpression(F('a'), '*', Value(2)), output_field=IntegerField(null=False), db_persist=True)"),
    ],
)  # fmt: skip
def test_identical(a: str, b: str) -> None:
    assert compare_fields(field(a), field(b)).kind is ComparisonKind.IDENTICAL


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("CharField(max_length=9)", "CharField(max_length=9, help_text='x')", ("help_text: not set and 'x'",)),
        ("CharField(max_length=9, default='a')", "CharField(max_length=9, default='b')", ("default: 'a' and 'b'",)),
        ("ForeignKey('Tag', CASCADE)", "ForeignKey('Tag', PROTECT)", ("on_delete: django.db.models.CASCADE and django.db.models.PROTECT",)),
        ("NullBooleanField()", "BooleanField(null=True)", ("class: NullBooleanField and BooleanField", "null: False and True")),
        ("django.contrib.postgres.fields.JSONField()", "JSONField()", ("class: JSONField and JSONField",)),
        ("wagtail.core.fields.RichTextField()", "wagtail.fields.RichTextField()", ("class: RichTextField and RichTextField",)),
        ("ManyToManyField('Tag', related_name='a')", "ManyToManyField('Tag', related_name='b')", ("related_name: 'a' and 'b'",)),
        ("ManyToManyField('Tag', blank=True)", "ManyToManyField('Tag')", ("blank: True and not set",)),
        ("ImageField(width_field='w')", "ImageField(width_field='v', height_field='h')",
         ("height_field: not set and 'h'", "width_field: 'w' and 'v'")),
        ("EmailField(max_length=99)", "CharField(max_length=99)", ("class: EmailField and CharField",)),
    ],
)  # fmt: skip
def test_same_schema(a: str, b: str, words: tuple[str, ...]) -> None:
    found = compare_fields(field(a), field(b))
    assert (found.kind, found.differences) == (ComparisonKind.SAME_SCHEMA, words)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("CharField(max_length=9)", "CharField(max_length=8, help_text='x')", ("max_length: 9 and 8",)),
        ("ImageField(max_length=9, width_field='w')", "ImageField(max_length=8)", ("max_length: 9 and 8",)),
        ("IntegerField()", "IntegerField(null=True)", ("null: False and True",)),
        ("IntegerField()", "IntegerField(unique=True)", ("unique: False and True",)),
        ("IntegerField()", "IntegerField(db_index=True)", ("db_index: False and True",)),
        ("IntegerField()", "BigIntegerField()", ("class: IntegerField and BigIntegerField",)),
        ("IntegerField()", "IntegerField(db_default=3)", ("db_default: not set and 3",)),
        ("IntegerField()", "IntegerField(db_column='x')", ("db_column: not set and 'x'",)),
        ("ForeignKey('Tag')", "ForeignKey('Box')", ("to: 'shop.tag' and 'shop.box'",)),
        ("ForeignKey('Tag', DB_CASCADE)", "ForeignKey('Tag', CASCADE)", ("on_delete: django.db.models.DB_CASCADE and django.db.models.CASCADE",)),
        ("ManyToManyField('Tag')", "ManyToManyField('Box')", ("to: 'shop.tag' and 'shop.box'",)),
        ("shop.fields.Color(max_length=3)", "shop.fields.Color(max_length=4)", ("max_length: 3 and 4",)),
        ("shop.fields.Color(depth=3)", "shop.fields.Color(depth=4)", ("depth: 3 and 4",)),
    ],
)  # fmt: skip
def test_different(a: str, b: str, words: tuple[str, ...]) -> None:
    found = compare_fields(field(a), field(b))
    assert (found.kind, found.differences) == (ComparisonKind.DIFFERENT, words)


UNREAD = Opaque("a name that is not known", "LENGTH", Span("a.py", 3))


def test_what_a_database_sees_must_be_read() -> None:
    found = compare_fields(
        field("CharField()").with_argument("max_length", UNREAD), field("CharField(max_length=9)")
    )
    assert (found.kind, found.differences) == (
        ComparisonKind.OPAQUE,
        ("cannot be read: a name that is not known",),
    )


def test_what_no_database_sees_need_not_be_read() -> None:
    found = compare_fields(field("CharField()").with_argument("help_text", UNREAD), field("CharField()"))
    assert found.kind is ComparisonKind.SAME_SCHEMA


def test_a_field_that_cannot_be_read_is_opaque() -> None:
    assert compare_fields(UNREAD, field("CharField()")).kind is ComparisonKind.OPAQUE


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("CheckConstraint(check=Q(a=1), name='c')", "CheckConstraint(condition=Q(a=1), name='c')"),
        ("CheckConstraint(check=Q(a=1) & Q(b=2), name='c')", "CheckConstraint(check=Q(b=2) & Q(a=1), name='c')"),
        ("CheckConstraint(check=Q(a=1) & Q(b=2), name='c')", "CheckConstraint(check=Q(b=2, a=1), name='c')"),
        ("CheckConstraint(check=Q(a=1) & ~Q(b=2), name='c')", "CheckConstraint(check=Q(('a', 1), Q(('b', 2), _negated=True)), name='c')"),
        ("CheckConstraint(check=Q(a=1) | Q(b=2) | Q(c=3), name='c')", "CheckConstraint(check=Q(('c', 3), ('b', 2), ('a', 1), _connector='OR'), name='c')"),
        ("CheckConstraint(check=~~Q(a=1), name='c')", "CheckConstraint(check=Q(a__exact=1), name='c')"),
        ("UniqueConstraint(fields=['a', 'b'], name='u')", "UniqueConstraint(fields=('a', 'b'), name='u', condition=None)"),
        ("UniqueConstraint(fields=['a'], name='u')", "UniqueConstraint(fields=['a'], name='u', violation_error_message='No')"),
        ("Index(Lower('a').desc(), name='i')", "Index(OrderBy(django.db.models.functions.text.Lower(F('a')), descending=True), name='i')"),
        ("Index('a', name='i')", "Index(F('a'), name='i')"),
        ("Index(fields=['a'], name='i', include=[])", "django.db.models.indexes.Index(fields=['a'], name='i')"),
    ],
)  # fmt: skip
def test_definitions_in_two_spellings(a: str, b: str) -> None:
    assert compare_definitions(value(a), value(b)).kind is ComparisonKind.SAME_SCHEMA


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("Index(fields=['a'], name='i')", "Index(fields=['a'], name='j')", ("name: 'i' and 'j'",)),
        ("Index(fields=['a', 'b'], name='i')", "Index(fields=['b', 'a'], name='i')", ("fields: ['a', 'b'] and ['b', 'a']",)),
        ("Index(Lower('a'), name='i')", "Index(Upper('a'), name='i')",
         ("expressions: django.db.models.functions.Lower(django.db.models.F('a')) and django.db.models.functions.Upper(django.db.models.F('a'))",)),
        ("Index(fields=['a'], name='i')", "GinIndex(fields=['a'], name='i')", ("class: django.db.models.Index and django.contrib.postgres.indexes.GinIndex",)),
    ],
)  # fmt: skip
def test_definitions_that_differ(a: str, b: str, words: tuple[str, ...]) -> None:
    found = compare_definitions(value(a), value(b))
    assert (found.kind, found.differences) == (ComparisonKind.DIFFERENT, words)


def test_conditions_that_differ_by_a_negation_or_a_joint() -> None:
    texts = (
        "Q(a=1) & Q(b=2)",
        "Q(a=1) | Q(b=2)",
        "~(Q(a=1) & Q(b=2))",
        "Q(a=1) & ~Q(b=2)",
        "Q(a=1)",
        "Q(a__gt=1)",
    )
    values = [value(f"CheckConstraint(check={text}, name='c')") for text in texts]
    kinds = {compare_definitions(a, b).kind for a in values for b in values if a is not b}
    assert kinds == {ComparisonKind.DIFFERENT}


def test_options_that_a_database_sees() -> None:
    a, b = (("ordering", value("['a']")),), (("db_table", value("'t'")), ("ordering", value("['a']")))
    assert compare_shapes(a, b).kind is ComparisonKind.DIFFERENT
    assert compare_shapes(a, (("ordering", value("['b']")),)).kind is ComparisonKind.SAME_SCHEMA
    assert compare_shapes(a, field("IntegerField()")).kind is ComparisonKind.DIFFERENT


def test_a_field_and_an_unread_one() -> None:
    unread = Opaque("a loop", "x", Span("a.py", 3))
    stock = field("IntegerField()")
    assert (
        compare_shapes(stock, unread).differences
        == compare_shapes(unread, stock).differences
        != ("objects of two kinds",)
    )


@pytest.mark.parametrize("source", ["GenericForeignKey()", "GenericForeignKey('kind', 'number')"])
def test_no_column_is_not_a_column(source: str) -> None:
    found = canonical_field(value(f"django.contrib.contenttypes.fields.{source}"), "shop")
    assert isinstance(found, Field)
    assert visible_shape(found) == ("no column", "django.contrib.contenttypes.fields.GenericForeignKey")


def test_a_definition_and_a_value_that_is_none() -> None:
    call, name = value("Index(fields=['a'], name='i')"), Constant("i")
    assert definition_differences(call, name) == (f"definition: {render(call)} and 'i'",)
    assert definition_differences(name, call) == (f"definition: 'i' and {render(call)}",)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Index(django.db.models.functions.text.Lower('a'), name='i')", "Index(Lower('a'), name='i')"),
    ],
)  # fmt: skip
def test_expressions_in_two_spellings(a: str, b: str) -> None:
    assert canonical_definition(value(a)) == canonical_definition(value(b))


def test_one_import_path_for_each_way_to_name_a_function() -> None:
    """Django's `deconstruct()` names the module of the class; a custom function keeps its own."""
    short = "django.db.models.functions.Lower"
    assert expression_path("django.db.models.functions.text.Lower") == expression_path(short) == short
    assert expression_path("shop.functions.text.Lower") == "shop.functions.text.Lower"
