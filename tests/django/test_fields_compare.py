"""`compare_fields` beside Django's own judgement: `_field_should_be_altered`, and the column that each backend makes."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import conditional_databases  # noqa: F401  (settings)
import django
from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from django_values import value_of

from stitchback.model.state import Field
from stitchback.schema.comparing import ComparisonKind, compare_fields
from stitchback.schema.fields import canonical_field

SAME = (ComparisonKind.IDENTICAL, ComparisonKind.SAME_SCHEMA)
FIELDS = """
CharField(max_length=10)
CharField(max_length=10, null=False, blank=True, help_text="x", verbose_name="y", choices=[("a", "A")], default="a")
CharField(max_length=10, validators=[print], error_messages={"blank": "no"}, editable=False)
CharField(max_length=10, null=True)
CharField(max_length=10, unique=True)
CharField(max_length=10, db_index=True)
CharField(max_length=10, db_column="f")
CharField(max_length=10, db_column="other")
CharField(max_length=10, db_collation="C")
CharField(max_length=10, primary_key=True)
CharField(max_length=20)
CharField(max_length=50)
CharField(max_length=50, db_index=True)
CharField(max_length=100)
CharField(max_length=200)
CharField(max_length=254)
SlugField()
SlugField(db_index=False)
SlugField(allow_unicode=True, unique=True)
URLField()
EmailField()
FileField(upload_to="x")
ImageField(upload_to="y", width_field="w")
FilePathField(path="/")
TextField()
TextField(db_comment="c")
TextField(db_collation="C")
TextField(max_length=7)
IntegerField()
IntegerField(default=3)
BigIntegerField()
SmallIntegerField()
PositiveIntegerField()
PositiveSmallIntegerField()
PositiveBigIntegerField()
BooleanField()
BooleanField(null=True)
BinaryField()
DateField(auto_now=True)
DateField(auto_now_add=True)
DateTimeField()
TimeField()
DurationField()
FloatField()
DecimalField(max_digits=5, decimal_places=2)
DecimalField(max_digits=6, decimal_places=2)
GenericIPAddressField()
GenericIPAddressField(protocol="IPv4", unpack_ipv4=False)
JSONField()
JSONField(encoder=print)
UUIDField()
AutoField(primary_key=True)
BigAutoField(primary_key=True)
SmallAutoField(primary_key=True)
ForeignKey("Target", models.CASCADE)
ForeignKey("Target", models.PROTECT, related_name="+", limit_choices_to={"a": 1})
ForeignKey("Target", models.CASCADE, related_query_name="q")
ForeignKey("Target", models.CASCADE, db_constraint=False)
ForeignKey("Target", models.CASCADE, db_index=False)
ForeignKey("Target", models.CASCADE, unique=True)
ForeignKey("Target", models.CASCADE, to_field="code")
ForeignKey("Target", models.SET_NULL, null=True)
ForeignKey("Other", models.CASCADE)
OneToOneField("Target", models.CASCADE)
OneToOneField("Target", models.CASCADE, primary_key=True)
""".strip().splitlines()


@cache
def made(source: str) -> models.Field[Any, Any]:
    """The field in a model of a registry of its own."""
    registry = Apps()
    meta = type("Meta", (), {"apps": registry, "app_label": "shop"})
    body = {"__module__": "shop.models", "Meta": meta}
    type("Target", (models.Model,), {**body, "code": models.CharField(max_length=5, unique=True)})
    type("Other", (models.Model,), dict(body))
    field = eval(f"models.{source}", {"models": models})
    type("Item", (models.Model,), {**body, "f": field})
    return field


@cache
def backends() -> list[BaseDatabaseWrapper]:
    """Backends that can be asked without a server."""
    names = ["sqlite3"]
    try:
        import psycopg  # noqa: F401
    except ImportError:
        pass
    else:
        names.append("postgresql")
    handler = ConnectionHandler(
        {"default": {}, **{name: {"ENGINE": f"django.db.backends.{name}"} for name in names}}
    )
    return [handler[name] for name in names]


def said(parameters: dict[str, Any]) -> str:
    return str(sorted((name, str(value)) for name, value in parameters.items() if value is not None))


def column(field: models.Field[Any, Any]) -> tuple[object, ...]:
    """All that any backend's CREATE TABLE says of the column, and its indexes."""
    types = tuple(said(field.db_parameters(backend)) for backend in backends())
    target = (
        (field.remote_field.model._meta.db_table, field.target_field.column, field.db_constraint)
        if field.remote_field
        else ()
    )
    unique = field.unique and not field.primary_key
    indexed = field.db_index and not field.unique
    return (*types, field.column, field.null, field.primary_key, unique, indexed, field.db_comment, target)


@cache
def ours(source: str) -> Field:
    found = canonical_field(value_of(made(source)), "shop", model="Item")
    assert isinstance(found, Field)
    return found


PAIRS = [*combinations(FIELDS, 2), *((source, source) for source in FIELDS)]


def is_told_right(a: str, b: str) -> bool:
    """Whether we call it the same schema exactly where the column is the same. The name of the column apart: a field by
    itself does not know how it is called."""
    first, second = made(a), made(b)
    same = compare_fields(ours(a), ours(b)).kind in SAME
    if {first.db_column, second.db_column} == {None, "f"}:
        return True
    if not same and len(backends()) == 1:
        return True  # SQLite alone (no driver for PostgreSQL here) has one type for several of Django's
    return same == (column(first) == column(second))


def test_the_same_schema_is_the_same_column_on_every_backend() -> None:
    assert [pair for pair in PAIRS if not is_told_right(*pair)] == []


def is_left_alone(a: str, b: str) -> bool:
    first, second = made(a), made(b)
    altered = backends()[0].schema_editor()._field_should_be_altered(first, second)
    return not altered and first.db_column == second.db_column


def test_what_django_would_not_alter_is_never_different() -> None:
    alone = [pair for pair in PAIRS if is_left_alone(*pair)]
    assert len(alone) > len(FIELDS)
    assert [pair for pair in alone if compare_fields(ours(pair[0]), ours(pair[1])).kind not in SAME] == []


def test_the_list_of_what_no_database_sees_is_djangos() -> None:
    from stitchback.schema.visible import NON_DB_ATTRIBUTES

    theirs = set(models.Field.non_db_attrs) - {"db_column"}
    if django.VERSION >= (6, 1):
        theirs.add("on_delete")  # of a foreign key, unless the database does it
    assert theirs == NON_DB_ATTRIBUTES
