"""Probes that replace data operations: they check whether the schema objects that the code names exist, and run no code of a branch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.migrations.operations.base import Operation as DjangoOperation

from stitchback.model.operations import Operation
from stitchback.model.values import TRUE, Code, Constant, Items, Value, text
from stitchback.rehearsal.names_in_code import ModelName, Names, names_in_python, tables_in_sql
from stitchback.rehearsal.serialization import IDENTITY, LEAVES_NOTHING


class Missing(Exception):
    """A data operation names schema objects that its database, or the historical models that it gets, do not have."""


class Probe(DjangoOperation, ABC):  # type: ignore[misc]
    """A replacement of one data operation. `identity`: equal for equal work."""

    reduces_to_sql = False

    def __init__(self, operation: Operation) -> None:
        self.identity = text(operation.argument(IDENTITY)) or ""
        self.leaves_nothing = operation.argument(LEAVES_NOTHING) == TRUE
        self.elidable = operation.argument("elidable") == TRUE  # for Django's optimizer

    def state_forwards(self, app_label: str, state: Any) -> None:
        return None

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self.leaves_nothing:
            return
        watch = schema_editor.connection.watch
        watch.data_operation(self.identity)
        if not watch.is_strict:
            return
        missing = next(self.missing(schema_editor, from_state), None)
        if missing is not None:
            raise Missing(missing)

    @abstractmethod
    def missing(self, schema_editor: Any, state: Any) -> Iterator[str]:
        """The names in the code that the database, or the historical models, lack."""


class CodeProbe(Probe):
    """Replaces RunPython. It does not check models of installed packages, which the rehearsal does not have."""

    def __init__(self, operation: Operation, apps: frozenset[str]) -> None:
        super().__init__(operation)
        code = operation.argument("code")
        self.names = names_in_python(code.source) if isinstance(code, Code) else Names()
        self.known_apps = apps

    def missing(self, schema_editor: Any, state: Any) -> Iterator[str]:
        if not self.names.models:
            return
        apps, models = state.apps, dict[ModelName, Any]()
        for app, name in self.names.models:
            if app not in self.known_apps:
                continue
            try:
                models[app, name] = apps.get_model(app, name)
            except LookupError as error:
                yield f"LookupError: {error.args[0] if error.args else error}"
        for key, field in self.names.fields:
            if key in models and not has_field(models[key], field):
                yield f"FieldError: {models[key].__name__} has no field named {field!r}"
        for key, attribute in self.names.attributes:
            if (
                key in models
                and not has_field(models[key], attribute)
                and not hasattr(models[key], attribute)
            ):
                yield f"AttributeError: {models[key].__name__!r} object has no attribute {attribute!r}"


class SqlProbe(Probe):
    """Replaces RunSQL."""

    def __init__(self, operation: Operation, tables: frozenset[str]) -> None:
        super().__init__(operation)
        statements = statements_in(operation.argument("sql"))
        self.tables = tables_in_sql("\n;\n".join(statements), tables)

    def missing(self, schema_editor: Any, state: Any) -> Iterator[str]:
        there = {name.lower() for name in schema_editor.connection.introspection.table_names()}
        for name in self.tables:
            if name not in there:
                yield f"OperationalError: no such table: {name}"


def has_field(model: Any, name: str) -> bool:
    if name == "pk" or name in {field.attname for field in model._meta.concrete_fields}:
        return True
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def statements_in(value: Value | None) -> Iterator[str]:
    match value:
        case Constant(value=str(sql)):
            yield sql
        case Items(items=items):
            for item in items:
                if isinstance(item, Items) and item.items:
                    yield from statements_in(item.items[0])
                else:
                    yield from statements_in(item)
