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


def value_of(thing: Any) -> Value:
    """The value of anything that a migration file can hold."""
    if isinstance(thing, SettingsReference):
        return Reference(f"django.conf.settings.{thing.setting_name}")
    if isinstance(thing, Promise):
        return Constant(str(thing))
    if isinstance(thing, enum.Enum):
        return Reference(f"{type(thing).__module__}.{type(thing).__qualname__}.{thing.name}")
    if thing is None or thing is Ellipsis or type(thing) in (bool, int, float, complex, str, bytes):
        return Constant(thing)
    if isinstance(thing, str):
        return Constant(str(thing))
    for kind in (list, tuple, set, frozenset):
        if isinstance(thing, kind):
            items = tuple(value_of(item) for item in thing)
            ordered = items if kind in (list, tuple) else tuple(sorted(items, key=str))
            return Items(kind.__name__, ordered)
    if isinstance(thing, dict):
        return Dictionary(tuple((value_of(key), value_of(item)) for key, item in thing.items()))
    return object_value(thing)


def object_value(thing: Any) -> Value:
    """Classes and functions by their path, the rest by `deconstruct()`."""
    if (
        thing is NOT_PROVIDED
        or inspect.isclass(thing)
        or isinstance(thing, types.FunctionType | types.BuiltinFunctionType)
    ):
        return function_value(thing)
    if isinstance(thing, models.Field):
        _, path, args, kwargs = thing.deconstruct()
        return call(path, args, kwargs)
    if isinstance(thing, models.Manager):
        as_manager, path, queryset, args, kwargs = thing.deconstruct()
        return call(queryset + ".as_manager" if as_manager else path, args, kwargs)
    if hasattr(thing, "deconstruct"):
        path, args, kwargs = thing.deconstruct()
        return call(path, args, kwargs)
    if isinstance(thing, decimal.Decimal | uuid.UUID):
        return Call(Reference(f"{type(thing).__module__}.{type(thing).__name__}"), (Constant(str(thing)),))
    if isinstance(thing, datetime.timedelta) and not thing.seconds and not thing.microseconds:
        return Call(Reference("datetime.timedelta"), (), (("days", Constant(thing.days)),))
    if isinstance(thing, datetime.datetime | datetime.date | datetime.timedelta | re.Pattern):
        return Call(Reference(f"{type(thing).__module__}.{type(thing).__name__}"), (Constant(repr(thing)),))
    exported = [name for name, value in vars(models).items() if value is thing]
    if exported:  # DB_CASCADE and its likes
        return Reference(f"django.db.models.{exported[0]}")
    return Opaque("an object of a kind that no migration file is known to hold", repr(thing), NOWHERE)


def function_value(thing: Any) -> Value:
    path = f"{thing.__module__}.{thing.__qualname__}"
    if ".migrations." in path and not inspect.isclass(thing):
        return Code(thing.__name__, path, path)
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
