"""Import paths, made one where Django exports the same object under several."""

from __future__ import annotations

from stitchback.model.command_cache import by_value
from stitchback.model.values import Reference

SETTINGS = "django.conf.settings."
VENDOR = "django.db.connection.vendor"

# django.db.models.__all__ of every Django from 1.7 to 6.1, the lower-case functions apart.
_MODELS = frozenset(
    [
        "Aggregate",
        "AnyValue",
        "AutoField",
        "Avg",
        "BLANK_CHOICE_DASH",
        "BLANK_CHOICE_LABEL",
        "BaseConstraint",
        "BigAutoField",
        "BigIntegerField",
        "BinaryField",
        "BitAnd",
        "BitOr",
        "BitXor",
        "BooleanField",
        "CASCADE",
        "Case",
        "CharField",
        "CheckConstraint",
        "Choices",
        "CommaSeparatedIntegerField",
        "CompositePrimaryKey",
        "Count",
        "DB_CASCADE",
        "DB_SET_DEFAULT",
        "DB_SET_NULL",
        "DEFERRED",
        "DO_NOTHING",
        "DateField",
        "DateTimeField",
        "DecimalField",
        "Deferrable",
        "DurationField",
        "EmailField",
        "Empty",
        "Exists",
        "Expression",
        "ExpressionList",
        "ExpressionWrapper",
        "F",
        "FETCH_ONE",
        "FETCH_PEERS",
        "FETCH_RAISE",
        "Field",
        "FileField",
        "FilePathField",
        "FilteredRelation",
        "FloatField",
        "ForeignKey",
        "ForeignObject",
        "ForeignObjectRel",
        "Func",
        "GeneratedField",
        "GenericIPAddressField",
        "IPAddressField",
        "ImageField",
        "Index",
        "IntegerChoices",
        "IntegerField",
        "JSONField",
        "JSONNull",
        "Lookup",
        "Manager",
        "ManyToManyField",
        "ManyToManyRel",
        "ManyToOneRel",
        "Max",
        "Min",
        "Model",
        "NOT_PROVIDED",
        "NullBooleanField",
        "ObjectDoesNotExist",
        "OneToOneField",
        "OneToOneRel",
        "OrderBy",
        "OrderWrt",
        "OuterRef",
        "PROTECT",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "Prefetch",
        "ProtectedError",
        "Q",
        "QuerySet",
        "RESTRICT",
        "RestrictedError",
        "RowRange",
        "SET",
        "SET_DEFAULT",
        "SET_NULL",
        "SlugField",
        "SmallAutoField",
        "SmallIntegerField",
        "StdDev",
        "StringAgg",
        "Subquery",
        "Sum",
        "TextChoices",
        "TextField",
        "TimeField",
        "Transform",
        "URLField",
        "UUIDField",
        "UniqueConstraint",
        "Value",
        "ValueRange",
        "Variance",
        "When",
        "Window",
        "WindowFrame",
        "WindowFrameExclusion",
    ]
)

# Module -> the module that exports what is in it; only public names that begin with a capital (classes, CASCADE …).
_INNER = {
    "django.db.migrations.migration": "django.db.migrations",
    "django.db.migrations.operations": "django.db.migrations",
    "django.db.migrations.operations.fields": "django.db.migrations",
    "django.db.migrations.operations.models": "django.db.migrations",
    "django.db.migrations.operations.special": "django.db.migrations",
    "django.contrib.postgres.fields.array": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.citext": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.hstore": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.jsonb": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.ranges": "django.contrib.postgres.fields",
    "django.contrib.gis.db.models.fields": "django.contrib.gis.db.models",
    "django.db.models.functions.comparison": "django.db.models.functions",
    "django.db.models.functions.base": "django.db.models.functions",
    "django.db.models.functions.datetime": "django.db.models.functions",
    "django.db.models.functions.json": "django.db.models.functions",
    "django.db.models.functions.math": "django.db.models.functions",
    "django.db.models.functions.text": "django.db.models.functions",
    "django.db.models.functions.uuid": "django.db.models.functions",
    "django.db.models.functions.window": "django.db.models.functions",
}

# Modules whose names are `django.db.models`' own where that exports them.
_MODEL_MODULES = frozenset(
    f"django.db.models.{name}"
    for name in [
        "aggregates",
        "base",
        "constraints",
        "deletion",
        "enums",
        "expressions",
        "fields",
        "fields.composite",
        "fields.files",
        "fields.generated",
        "fields.json",
        "fields.proxy",
        "fields.related",
        "fields.reverse_related",
        "fields.subclassing",
        "indexes",
        "lookups",
        "manager",
        "query",
        "query_utils",
        "fetch_modes",
        "sql.constants",
    ]
) | {
    "django.contrib.gis.db.models",
    "django.contrib.gis.db.models.fields",
    "django.contrib.gis.db.models.manager",
}

_ALIASES = {
    "django.db.migrations.migration.swappable_dependency": "django.db.migrations.swappable_dependency",
    "django.core.urlresolvers": "django.urls",
    "django.utils.translation.ugettext_lazy": "django.utils.translation.gettext_lazy",
    "django.utils.translation.ugettext": "django.utils.translation.gettext",
}


@by_value
def reference(path: str) -> Reference:
    """The reference of an import path, Django's re-exports made one."""
    return Reference(canonical(path))


@by_value
def member(owner: str, name: str) -> Reference:
    """The reference of a name within a module or class."""
    return reference(f"{owner}.{name}")


def canonical(path: str) -> str:
    """The path under which Django documents the object: `django.db.models.fields.related.ForeignKey` is
    `django.db.models.ForeignKey` (as `Field.deconstruct` shortens it too)."""
    if not path.startswith("django."):
        return path
    if path in _ALIASES:
        return _ALIASES[path]
    parts = path.split(".")
    for end in range(len(parts) - 1, 2, -1):
        exporter = _exporter(".".join(parts[:end]), parts[end])
        if exporter is not None:
            return ".".join((exporter, *parts[end:]))
    return path


def absolute(package: str, level: int, module: str) -> str:
    """The dotted name that a relative import in the package means."""
    parts = package.split(".")
    base = parts[: len(parts) - level + 1]
    return ".".join((*base, module)) if module else ".".join(base)


def is_model_name(name: str) -> bool:
    """Whether some Django exports the name from `django.db.models`."""
    return name in _MODELS


def _exporter(module: str, name: str) -> str | None:
    """The module that exports, for all to use, what `module` defines as `name`; None where it is `module` itself."""
    if module in _MODEL_MODULES and name in _MODELS:
        return "django.db.models"
    if module in _INNER and name[:1].isupper():
        return _INNER[module]
    return None
