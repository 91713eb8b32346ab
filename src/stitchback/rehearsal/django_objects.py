"""Builds Django objects from values that were read: fields, expressions, indexes, constraints.

Only names that Django's packages define are looked up, and only classes of a few families are called: a branch's files may name anything.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import inspect
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, assert_never

import django
from django.db import models
from django.db.models.expressions import BaseExpression, Combinable

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value, render, text
from stitchback.schema.field_classes import EXTENDED

MODELS = "django.db.models"
SETTINGS = "django.conf.settings."
CHECK_IS_CONDITION = django.VERSION >= (5, 1)
CALLED = (
    models.Field,
    models.Index,
    models.Q,
    BaseExpression,
    models.F,
    models.constraints.BaseConstraint,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.timezone,
    decimal.Decimal,
    uuid.UUID,
)
PLAIN_MODULES = ("datetime", "decimal", "uuid")
BUILTINS: Mapping[str, Any] = {
    each.__name__: each for each in (dict, list, set, tuple, frozenset, str, int, float, bool, bytes)
}
TRANSLATED = ("gettext", "gettext_lazy", "ugettext", "ugettext_lazy", "gettext_noop")
OPERATORS: Mapping[str, Callable[..., Any]] = {
    "or_": lambda one, other: one | other,
    "and_": lambda one, other: one & other,
    "xor": lambda one, other: one ^ other,
    "invert": lambda one: ~one,
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
    "truediv": lambda one, other: one / other,
    "mod": lambda one, other: one % other,
    "neg": lambda one: -one,
}

# Fields that need another library or database, and the field that stores the same values on SQLite.
SUBSTITUTES: Mapping[str, str] = {
    "ArrayField": "JSONField",
    "HStoreField": "JSONField",
    "JSONField": "JSONField",
    "CICharField": "CharField",
    "CIEmailField": "EmailField",
    "CITextField": "TextField",
}
CONTRIB = "django.contrib."
ANY_FIELD = "TextField"
RELATIONS = (models.ForeignKey, models.ManyToManyField)
DROPPED = frozenset({"limit_choices_to", "db_comment", "db_tablespace", "width_field", "height_field"})
MOST_BASES = 12


class Unbuildable(Exception):
    """No Django object can be built from the value."""


class NoConstraint(models.constraints.BaseConstraint):  # type: ignore[misc]
    """Replaces a constraint that SQLite does not support: it has its name in the state, and no SQL."""

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        return None

    create_sql = constraint_sql
    remove_sql = constraint_sql

    def validate(self, *_: Any, **__: Any) -> None:
        return None


class NoIndex(models.Index):  # type: ignore[misc]
    """As `NoConstraint`, for an index. The editor skips it."""


class Builder:
    """Builds Django objects. `settings`: the names that the tree's models take from settings; `bases`: the classes that custom field classes extend.
    `substituted` collects the values that were built as another class."""

    def __init__(
        self, settings: Mapping[str, str], bases: Mapping[str, str], substituted: dict[str, None]
    ) -> None:
        self.settings = settings
        self.bases = bases
        self.substituted = substituted

    def build(self, value: Value | None) -> Any:
        """Builds the Django object of a value. Raises Unbuildable."""
        match value:
            case None:
                return None
            case Constant(value=constant):
                return constant
            case Items(kind=kind, items=items):
                return BUILTINS[kind](self.build(item) for item in items)
            case Dictionary(items=pairs):
                return {self.build(key): self.build(item) for key, item in pairs}
            case Reference(path=path):
                return self.referred(path)
            case Call():
                return self.called(value)
            case Code() | Opaque():
                raise Unbuildable(render(value))
            case _:
                assert_never(value)

    def referred(self, path: str) -> Any:
        module, _, name = path.rpartition(".")
        if path.startswith(SETTINGS):
            if name in self.settings:
                return self.settings[name]
        elif module == "builtins":
            if name in BUILTINS:
                return BUILTINS[name]
        elif module in PLAIN_MODULES:
            return getattr(import_module(module), name)
        elif module == MODELS or module.startswith(f"{MODELS}."):
            found = _of_django(module, name)
            if found is not None:
                return found
        elif module in ("datetime.timezone", "datetime.datetime") and name in ("utc", "min", "max"):
            return getattr(getattr(datetime, module.rpartition(".")[2]), name)
        elif path == "django.utils.timezone.utc":
            return datetime.UTC
        raise Unbuildable(path)

    def called(self, call: Call) -> Any:
        callee = call.callee
        if not isinstance(callee, Reference):
            raise Unbuildable(render(call))
        module, _, name = callee.path.rpartition(".")
        if module == "operator" and name in OPERATORS:
            operands = [self.build(each) for each in call.args]
            if any(isinstance(each, models.Q | Combinable) for each in operands):
                return OPERATORS[name](*operands)
            raise Unbuildable(render(call))
        if module.startswith("django.utils.translation") and name in TRANSLATED and call.args:
            return text(call.args[0]) or ""
        if callee.path.startswith(f"{CONTRIB}postgres."):
            return self.of_postgres(name, call)
        if self.is_field(callee.path):
            return self.field(call)
        found = self.referred(callee.path)
        if not (inspect.isclass(found) and issubclass(found, CALLED)):
            raise Unbuildable(render(call))
        arguments = [self.build(each) for each in call.args]
        named = {key: self.build(item) for key, item in call.kwargs}
        if issubclass(found, models.CheckConstraint):
            named = named_as_here(named)
        try:
            return found(*arguments, **named)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise Unbuildable(f"{name}: {error}") from error

    def of_postgres(self, name: str, call: Call) -> Any:
        """The SQLite equivalent of a name of `django.contrib.postgres`."""
        if name == "OpClass" and call.args:
            return self.build(call.args[0])
        if name.endswith("Index"):
            allowed = {"fields", "name", "condition"}
            named = {key: self.build(item) for key, item in call.kwargs if key in allowed}
            self.substituted[f"{name} as an ordinary index"] = None
            return models.Index(*(self.build(each) for each in call.args), **named)
        if name.endswith("Field"):
            return self.field(call)
        raise Unbuildable(render(call))

    def definition(self, value: Value) -> Any:
        """An index or constraint; without SQL if it cannot be built but has a name."""
        try:
            return self.build(value)
        except Unbuildable:
            name = text(value.kwarg("name")) if isinstance(value, Call) else None
            if name is None or not isinstance(value, Call):
                raise
            kind = render(value.callee).rpartition(".")[2]
            self.substituted[f"{kind} {name} left out"] = None
            if "ndex" in kind:
                return NoIndex(fields=["id"], name=name)
            return NoConstraint(name=name)

    # Fields

    def is_field(self, path: str) -> bool:
        return inspect.isclass(found := self.django_class(path)[0]) and issubclass(found, models.Field)

    def django_class(self, path: str) -> tuple[Any, bool]:
        """The Django class that the path names or extends, and whether it differs from the named one; None if it is unknown."""
        own = path
        for _ in range(MOST_BASES):
            module, _, name = path.rpartition(".")
            if module == MODELS or module.startswith(f"{MODELS}."):
                return _of_django(module, name), own != path
            if path.startswith(CONTRIB):
                substitute = SUBSTITUTES.get(name, ANY_FIELD if name.endswith("Field") else "")
                return (getattr(models, substitute), True) if substitute else (None, False)
            base = self.bases.get(path) or EXTENDED.get(path)
            if base is None:
                break
            path = base
        return None, False

    def field(self, value: Value) -> Any:
        """A model field. A field of unknown class becomes a text field, or the relation that its arguments show. Raises Unbuildable if the value is
        not a call of a class."""
        if not isinstance(value, Call) or not isinstance(value.callee, Reference):
            raise Unbuildable(render(value))
        path, named = value.callee.path, dict(value.kwargs)
        cls, is_other = self.django_class(path)
        if cls is None or cls is models.Field or not issubclass(cls, models.Field):
            cls, is_other = self.likely(named), True
        if is_other:
            self.substituted[f"{path} as {cls.__name__}"] = None
        arguments = list(value.args)
        if is_other and not issubclass(cls, RELATIONS):
            arguments = []
        named |= {key: item for key, item in zip(in_order(cls), arguments, strict=False) if key not in named}
        accepted = parameters(cls)
        built: dict[str, Any] = {}
        for key, item in sorted(named.items()):
            if key in DROPPED or (key not in accepted and is_other):
                continue
            found = self.argument(key, item)
            if found is not LEFT_OUT:
                built[key] = found
        return self.instance(cls, built, path)

    def likely(self, named: Mapping[str, Value]) -> Any:
        if "to" in named:
            return models.ForeignKey if "on_delete" in named else models.ManyToManyField
        return getattr(models, ANY_FIELD)

    def argument(self, name: str, value: Value) -> Any:
        try:
            built = self.build(value)
        except Unbuildable:
            if name in ("expression", "output_field", "to", "through", "base_field"):
                raise
            return STAND_IN if name == "default" else LEFT_OUT
        if name == "default" and callable(built):
            return STAND_IN
        return built

    def instance(self, cls: Any, named: dict[str, Any], path: str) -> Any:
        if "default" in named and named["default"] is STAND_IN:
            named["default"] = replacement(cls)
        if issubclass(cls, models.ForeignKey):
            named.setdefault("on_delete", models.CASCADE)
            if not callable(named["on_delete"]):
                named["on_delete"] = models.DO_NOTHING
        if issubclass(cls, models.CharField) and not issubclass(cls, models.EmailField):
            named.setdefault("max_length", 255)
        if issubclass(cls, models.FilePathField):
            named.pop("path", None)
        try:
            return cls(**named)
        except (TypeError, ValueError, AssertionError) as error:
            raise Unbuildable(f"{path}: {error}") from error


STAND_IN = object()
LEFT_OUT = object()


def named_as_here(named: dict[str, Any]) -> dict[str, Any]:
    """Renames CheckConstraint's `check` to `condition`, its name from Django 5.1 on."""
    old, new = ("check", "condition") if CHECK_IS_CONDITION else ("condition", "check")
    if old in named:
        named[new] = named.pop(old)
    return named


@functools.cache
def _of_django(module: str, name: str) -> Any:
    """The object that Django's own module has under the name; None if it has none."""
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        holder, _, inner = module.rpartition(".")
        return getattr(_of_django(holder, inner), name, None) if holder.startswith(MODELS) else None


@functools.cache
def in_order(cls: Any) -> tuple[str, ...]:
    """The names of the field class's positional arguments: `CharField(*args, …)` passes its own to the class that it extends."""
    names: list[str] = []
    for each in inspect.getmro(cls):
        if "__init__" not in vars(each):
            continue
        _, *declared = inspect.signature(vars(each)["__init__"]).parameters.values()
        names += [item.name for item in declared if item.kind is item.POSITIONAL_OR_KEYWORD]
        if not any(item.kind is item.VAR_POSITIONAL for item in declared):
            break
    return tuple(names)


@functools.cache
def parameters(cls: Any) -> frozenset[str]:
    """The names of all keyword arguments of the field class."""
    names: set[str] = set()
    for each in inspect.getmro(cls):
        if "__init__" in vars(each):
            names |= {*inspect.signature(vars(each)["__init__"]).parameters}
    return frozenset(names) - {"self", "args", "kwargs"}


def replacement(cls: Any) -> Any:
    """A value that replaces a default computed by a function of the project: the same value each time."""
    moments = {
        "DateTimeField": datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC),
        "DateField": datetime.date(2001, 1, 1),
        "TimeField": datetime.time(1, 0),
        "DurationField": datetime.timedelta(1),
        "UUIDField": uuid.UUID(int=1),
        "BooleanField": False,
        "NullBooleanField": False,
        "BinaryField": b"",
        "GenericIPAddressField": "127.0.0.1",
    }
    for each in inspect.getmro(cls):
        if each.__name__ in moments:
            return moments[each.__name__]
        if each.__name__ == "JSONField":
            return dict
    if issubclass(cls, models.IntegerField | models.ForeignKey | models.FloatField | models.DecimalField):
        return 1
    return ""
