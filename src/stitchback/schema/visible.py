"""What of a field a database sees.

Source: `Field.non_db_attrs` and `BaseDatabaseSchemaEditor._field_should_be_altered`, and beyond them what changes no SQL
on any backend: Python-side defaults, `auto_now`, storages, encoders.
"""

from __future__ import annotations

from dataclasses import replace

from stitchback.model.command_cache import by_identity
from stitchback.model.physical import Column, ForeignKeyTarget
from stitchback.model.state import Field
from stitchback.model.values import TRUE, Call, Constant, Reference, Value, render
from stitchback.schema.expressions import canonical_expression
from stitchback.schema.field_classes import CLASSES, MODELS, POSTGRES, djangos_ancestry, present_path
from stitchback.schema.fields import canonical_field, has_argument
from stitchback.schema.labels import label_text

NON_DB_ATTRIBUTES = frozenset(
    {
        "blank", "choices", "editable", "error_messages", "help_text", "limit_choices_to", "on_delete",
        "related_name", "related_query_name", "validators", "verbose_name",
    }
)  # fmt: skip

PYTHON_SIDE = frozenset(
    {
        "default", "auto_now", "auto_now_add", "upload_to", "storage", "serialize", "auto_created", "name", "rel",
        "unique_for_date", "unique_for_month", "unique_for_year", "width_field", "height_field", "swappable",
        "encoder", "decoder", "protocol", "unpack_ipv4", "path", "match", "recursive", "allow_files",
        "allow_folders", "allow_unicode", "symmetrical", "through_fields", "parent_link", "default_bounds",
    }
)  # fmt: skip

# 6.1: `on_delete` that the database does, a part of the column's definition there.
DATABASE_ON_DELETE = frozenset({MODELS + "DB_CASCADE", MODELS + "DB_SET_NULL", MODELS + "DB_SET_DEFAULT"})

# Own words of the shape: how the column is found, what it refers to, its indexes.
APART = frozenset(
    {"db_column", "to", "to_field", "through", "db_table", "unique", "db_index", "db_constraint"}
)

GENERATED = MODELS + "GeneratedField"
COMPOSITE_KEY = MODELS + "CompositePrimaryKey"
VARCHAR = frozenset(
    {"CharField", "CommaSeparatedIntegerField", "EmailField", "SlugField", "URLField", "FilePathField"}
)
FILES = frozenset({"FileField", "ImageField"})
WITHOUT_COLUMN = frozenset(
    {
        "django.contrib.contenttypes.fields.GenericForeignKey",
        "django.contrib.contenttypes.fields.GenericRelation",
        COMPOSITE_KEY,
        MODELS + "ForeignObject",
    }
)
LENGTHS = {
    "SlugField": 50,
    "URLField": 200,
    "FilePathField": 100,
    "FileField": 100,
    "ImageField": 100,
    "EmailField": 254,
}


def is_visible(field: Field, name: str) -> bool:
    """Whether a database can see this argument of the field."""
    value = field.argument(name)
    if name == "on_delete":
        return isinstance(value, Reference) and value.path in DATABASE_ON_DELETE
    return name not in NON_DB_ATTRIBUTES and name not in PYTHON_SIDE


def lineage(field: Field) -> tuple[str, ...]:
    """The field's class and what it extends, `base` recognises Django's classes."""
    return (field.path, *djangos_ancestry(field.base)) if field.base else (field.path,)


@by_identity
def is_many_to_many(field: Field) -> bool:
    return MODELS + "ManyToManyField" in lineage(field)


@by_identity
def is_foreign_key(field: Field) -> bool:
    """ForeignKey, OneToOneField and what extends them."""
    return MODELS + "ForeignKey" in lineage(field)


def is_one_to_one(field: Field) -> bool:
    return MODELS + "OneToOneField" in lineage(field)


@by_identity
def has_column(field: Field) -> bool:
    return WITHOUT_COLUMN.isdisjoint(lineage(field)[:2]) and not is_many_to_many(field)


@by_identity
def is_unique(field: Field) -> bool:
    """One-to-one or `unique=True`; a primary key needs no constraint beside it."""
    return (is_one_to_one(field) or has_argument(field, "unique")) and not is_primary_key(field)


@by_identity
def is_primary_key(field: Field) -> bool:
    return field.argument("primary_key") == TRUE


@by_identity
def is_indexed(field: Field) -> bool:
    """`_field_should_be_indexed`: db_index (unsaid: true of foreign keys and slugs) and not unique."""
    implied = is_foreign_key(field) or MODELS + "SlugField" in lineage(field)
    said = field.argument("db_index")
    return (implied if said is None else said == TRUE) and not is_unique(field) and not is_primary_key(field)


def typed(field: Field) -> Column:
    """The column's type, in words that are equal where every backend makes the same type of it."""
    name = present_path(field.path).removeprefix(MODELS)
    if name in VARCHAR or name in FILES:
        length = field.argument("max_length") or Constant(LENGTHS.get(name))
        collation = field.argument("db_collation")
        return Column("varchar", render(length), collation=render(collation) if collation else "")
    if name in ("NullBooleanField", "BooleanField"):
        return Column("boolean")
    if name == "JSONField" or field.path == POSTGRES + "JSONField":
        return Column("json")
    if name == "OrderWrt":
        return Column("IntegerField")
    return Column(name, arguments_text(field))


def arguments_text(field: Field) -> str:
    """What else of the arguments makes the type, the ones apart left out."""
    seen = [
        f"{name}={argument_text(value)}"
        for name, value in field.arguments
        if is_visible(field, name) and name not in APART and name not in SUFFIXES
        if name != "max_length"
        or field.path not in CLASSES  # of Django's own, only those of text have a length
    ]
    return ", ".join(seen)


def argument_text(value: Value) -> str:
    """A field inside the field by its own shape, any other value as it is written."""
    if isinstance(value, Call) and isinstance(value.callee, Reference):
        inner = canonical_field(value, "")
        if isinstance(inner, Field) and inner.base:
            return column_text(inner)
    return render(canonical_expression(value))


SUFFIXES = ("null", "primary_key", "db_default", "db_comment", "db_tablespace")


def column_text(field: Field) -> str:
    """One line that says all a database sees of the column, its name and its indexes apart. A foreign key's target is the model's label."""
    return str(column_of_field(field))


@by_identity
def column_of_field(field: Field) -> Column:
    """The column, whose target, if it is a foreign key, is the model's label."""
    column = foreign_key(field) if is_foreign_key(field) else typed(field)
    given = ((name, field.argument(name)) for name in ("db_default", "db_comment", "db_tablespace"))
    return replace(
        column,
        null=has_argument(field, "null") or field.path == MODELS + "NullBooleanField",
        primary_key=is_primary_key(field),
        options=tuple((name, argument_text(value)) for name, value in given if value is not None),
    )


def foreign_key(field: Field) -> Column:
    on_delete = field.argument("on_delete")
    by_database = isinstance(on_delete, Reference) and on_delete.path in DATABASE_ON_DELETE
    to_field = field.argument("to_field")
    return Column(
        target=ForeignKeyTarget(
            label_text(field.argument("to")), "pk" if to_field is None else label_text(to_field)
        ),
        is_constrained=field.argument("db_constraint") is None,
        on_delete=on_delete.path.removeprefix(MODELS)
        if by_database and isinstance(on_delete, Reference)
        else "",
    )
