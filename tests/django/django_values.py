"""Django's own objects as values, by their `deconstruct()`: what a faithful reader of the file would have read."""

from __future__ import annotations

import datetime
import decimal
import enum
import inspect
import re
import types
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import SettingsReference
from django.db import models
from django.db.migrations.migration import Migration as DjangoMigration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation as DjangoOperation
from django.db.models.fields import NOT_PROVIDED
from django.utils.functional import Promise

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.schema.field_classes import canonical_path

NOWHERE = Span("")
OURS = ("django.db.migrations.operations.", "django.contrib.postgres.operations")


def value_of(schema_object: Any) -> Value:
    """The value of anything that a migration file can hold."""
    if isinstance(schema_object, SettingsReference):
        return Reference(f"django.conf.settings.{schema_object.setting_name}")
    if isinstance(schema_object, Promise):
        return Constant(str(schema_object))
    if isinstance(schema_object, enum.Enum):
        return Reference(
            f"{type(schema_object).__module__}.{type(schema_object).__qualname__}.{schema_object.name}"
        )
    if (
        schema_object is None
        or schema_object is Ellipsis
        or type(schema_object) in (bool, int, float, complex, str, bytes)
    ):
        return Constant(schema_object)
    if isinstance(schema_object, str):
        return Constant(str(schema_object))
    for kind in (list, tuple, set, frozenset):
        if isinstance(schema_object, kind):
            items = tuple(value_of(item) for item in schema_object)
            ordered = items if kind in (list, tuple) else tuple(sorted(items, key=str))
            return Items(kind.__name__, ordered)
    if isinstance(schema_object, dict):
        return Dictionary(tuple((value_of(key), value_of(item)) for key, item in schema_object.items()))
    return object_value(schema_object)


def object_value(schema_object: Any) -> Value:
    """Classes and functions by their path, the rest by `deconstruct()`."""
    if (
        schema_object is NOT_PROVIDED
        or inspect.isclass(schema_object)
        or isinstance(schema_object, types.FunctionType | types.BuiltinFunctionType)
    ):
        return function_value(schema_object)
    if isinstance(schema_object, models.Field):
        _, path, args, kwargs = schema_object.deconstruct()
        return call(path, args, kwargs)
    if isinstance(schema_object, models.Manager):
        as_manager, path, queryset, args, kwargs = schema_object.deconstruct()
        return call(queryset + ".as_manager" if as_manager else path, args, kwargs)
    if hasattr(schema_object, "deconstruct"):
        path, args, kwargs = schema_object.deconstruct()
        return call(path, args, kwargs)
    if isinstance(schema_object, decimal.Decimal | uuid.UUID):
        return Call(
            Reference(f"{type(schema_object).__module__}.{type(schema_object).__name__}"),
            (Constant(str(schema_object)),),
        )
    if (
        isinstance(schema_object, datetime.timedelta)
        and not schema_object.seconds
        and not schema_object.microseconds
    ):
        return Call(Reference("datetime.timedelta"), (), (("days", Constant(schema_object.days)),))
    if isinstance(schema_object, datetime.datetime | datetime.date | datetime.timedelta | re.Pattern):
        return Call(
            Reference(f"{type(schema_object).__module__}.{type(schema_object).__name__}"),
            (Constant(repr(schema_object)),),
        )
    exported = [name for name, value in vars(models).items() if value is schema_object]
    if exported:  # DB_CASCADE and its likes
        return Reference(f"django.db.models.{exported[0]}")
    return Opaque("an object of a kind that no migration file is known to hold", repr(schema_object), NOWHERE)


def function_value(schema_object: Any) -> Value:
    path = f"{schema_object.__module__}.{schema_object.__qualname__}"
    if ".migrations." in path and not inspect.isclass(schema_object):
        return Code(schema_object.__name__, path, path)
    return Reference(canonical_path(path))


def call(path: str, args: Iterable[Any], kwargs: dict[str, Any]) -> Call:
    named = tuple(sorted((name, value_of(item)) for name, item in kwargs.items()))
    return Call(Reference(canonical_path(path)), tuple(value_of(item) for item in args), named)


def known_class(operation: DjangoOperation) -> type:
    """The nearest class of Django's."""
    return next(each for each in type(operation).__mro__ if each.__module__.startswith(OURS))


def operation_of(operation: DjangoOperation) -> Operation | Opaque:
    """The operation as it would have been read."""
    known = known_class(operation)
    if known is DjangoOperation:
        return Opaque("a custom operation", repr(operation), NOWHERE)
    path = f"{type(operation).__module__}.{type(operation).__qualname__}"
    database = tuple(map(operation_of, getattr(operation, "database_operations", ())))
    state = tuple(map(operation_of, getattr(operation, "state_operations", ())))
    arguments = () if isinstance(operation, SeparateDatabaseAndState) else arguments_of(operation, known)
    return Operation(known.__name__, path, arguments, NOWHERE, database, state)


def arguments_of(operation: DjangoOperation, known: type) -> tuple[tuple[str, Value], ...]:
    """What the class's own `__init__` takes, read off the object's attributes (`deconstruct` of a subclass may say less)."""
    names = [name for name in inspect.signature(known.__init__).parameters if name != "self"]  # type: ignore[misc]
    found = {name: getattr(operation, name) for name in names if hasattr(operation, name)}
    if known.__name__.endswith("Extension"):
        found = {"name": operation.name}
    if known.__name__ == "AlterModelManagers" or known.__name__ == "CreateModel":
        found["managers"] = list(operation.managers)
    found.pop("state_operations", None)
    return tuple(sorted((name, value_of(item)) for name, item in found.items()))


def migration_of(migration: DjangoMigration) -> Migration:
    """The migration with its operations."""
    key = MigrationKey(migration.app_label, migration.name)
    path = f"{key.app}/migrations/{key.name}.py"
    return Migration(key, path, "", operations=tuple(map(operation_of, migration.operations)))
