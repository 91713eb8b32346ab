"""Builds operations that Django executes from operations that were read, and the probes that replace data
operations: they check whether the schema objects that the code names exist, and run no code of a branch."""

from __future__ import annotations

import copy
import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import migrations, models
from django.db.migrations.operations.base import Operation as DjangoOperation

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import (
    TRUE,
    Call,
    Code,
    Constant,
    Dictionary,
    Items,
    Value,
    render,
    text,
    walk,
)
from stitchback.operations import TEMPLATES, kind_of
from stitchback.operations.base import ChangedPart
from stitchback.operations.data import runs_code, runs_sql
from stitchback.rehearsal.django_objects import LEFT_OUT, Builder, Unbuildable
from stitchback.rehearsal.names_in_code import ModelName, Names, names_in_python, tables_in_sql
from stitchback.rehearsal.projections import key_of, labels_in
from stitchback.rehearsal.serialization import IDENTITY, LEAVES_NOTHING

OPTIONS = frozenset(
    {
        "abstract",
        "app_label",
        "constraints",
        "db_table",
        "default_related_name",
        "index_together",
        "indexes",
        "managed",
        "order_with_respect_to",
        "proxy",
        "swappable",
        "unique_together",
    }
)
HAS_INDEX_TOGETHER = "index_together" in models.options.DEFAULT_NAMES


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


class Nothing(DjangoOperation):  # type: ignore[misc]
    """An operation without a SQLite equivalent."""

    def state_forwards(self, app_label: str, state: Any) -> None:
        return None

    def database_forwards(self, *_: Any) -> None:
        return None


class UnreadOperation(Nothing):
    """An operation that could not be read or built. Its effect is unknown: it may cause later failures in its app."""

    def __init__(self, why: str) -> None:
        self.why = why


class ManualOperation(DjangoOperation):  # type: ignore[misc]
    """State operations whose database half is statements of the project: these are taken at their word, so what the
    state operations make is made where the database lacks it."""

    def __init__(self, first: list[Any], state: list[Any]) -> None:
        self.first = first
        self.state = state

    def state_forwards(self, app_label: str, state: Any) -> None:
        for each in self.state:
            each.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for each in self.first:
            each.database_forwards(app_label, schema_editor, from_state, from_state)
        state = from_state
        for each in self.state:
            after = state.clone()
            each.state_forwards(app_label, after)
            each.database_forwards(app_label, schema_editor, state, after)
            state = after


class AlterConstraintState(DjangoOperation):  # type: ignore[misc]
    """`AlterConstraint` for Django before 6.0, which does not have it: it changes only the state."""

    def __init__(self, model_name: str, name: str, constraint: Any) -> None:
        self.model_name, self.name, self.constraint = model_name, name, constraint

    def state_forwards(self, app_label: str, state: Any) -> None:
        key = app_label, self.model_name.lower()
        options = state.models[key].options
        options["constraints"] = [
            self.constraint if each.name == self.name else each for each in options.get("constraints", ())
        ]
        state.reload_model(*key, delay=True)

    def database_forwards(self, *_: Any) -> None:
        return None


class OperationBuilder:
    """Builds Django operations. `tables`: names of tables that any of the trees creates, for statements that name them. `apps`: labels of the apps
    whose models any of the trees creates, for code that names them."""

    def __init__(self, builder: Builder, tables: frozenset[str], apps: frozenset[str]) -> None:
        self.builder = builder
        self.tables = tables
        self.apps = apps

    def build(self, operation: Operation | Opaque) -> Any:
        if isinstance(operation, Opaque):
            return UnreadOperation(str(operation))
        try:
            return self.known(operation)
        except Unbuildable as error:
            return UnreadOperation(f"{operation.kind}: {error}")

    def known(self, operation: Operation) -> Any:
        """Builds an operation of a known class. Raises Unbuildable."""
        known = kind_of(operation)
        if known is None:
            raise Unbuildable("not known")
        if known.part is ChangedPart.WITHIN:
            return self.within(operation)
        kind = known.on_sqlite
        if not kind:
            return Nothing()
        arguments = {name: self.argument(name, value) for name, value in operation.arguments}
        arguments = {name: value for name, value in arguments.items() if value is not LEFT_OUT}
        if operation.conditional:
            return conditional(kind)(**arguments)
        if kind == "AlterModelManagers":
            arguments["managers"] = []  # they are the project's code, and no database has them
        if kind == "AlterConstraint" and not hasattr(migrations, kind):
            return AlterConstraintState(**arguments)
        found = getattr(migrations, kind, None)
        if not (inspect.isclass(found) and issubclass(found, DjangoOperation)):
            raise Unbuildable("not known")
        try:
            return found(**arguments)
        except (TypeError, ValueError) as error:
            raise Unbuildable(str(error)) from error

    def within(self, operation: Operation) -> Any:
        """Code, operations of both halves, or both."""
        if runs_sql(operation):
            probe = SqlProbe(operation, self.tables)
            return self.manual_operations([probe], operation) if operation.state else probe
        if runs_code(operation):
            return CodeProbe(operation, self.apps)
        database = [self.build(each) for each in operation.database]
        if (
            operation.state
            and database
            and all(isinstance(each, Probe | UnreadOperation) for each in database)
        ):
            return self.manual_operations(database, operation)
        state = [self.build(each) for each in operation.state]
        return migrations.SeparateDatabaseAndState(database, state)

    def manual_operations(self, first: list[Any], operation: Operation) -> Any:
        """The state operations, each with a check of the database if there is a template for that."""
        state = []
        for each in operation.state:
            if isinstance(each, Operation) and each.kind in TEMPLATES:
                each = Operation(each.kind, each.path, each.arguments, each.span, conditional=True)
            state.append(self.build(each))
        return ManualOperation(first, state)

    def argument(self, name: str, value: Value) -> Any:
        """Builds one argument. Raises Unbuildable."""
        match name:
            case "fields":
                return self.fields(value)
            case "field":
                return self.builder.field(value)
            case "options":
                return self.options(value)
            case "bases":
                return self.bases(value)
            case "index" | "constraint":
                return self.builder.definition(value)
            case _:
                return self.builder.build(value)

    def fields(self, value: Value) -> list[tuple[str, Any]]:
        if not isinstance(value, Items):
            raise Unbuildable(render(value))
        found = []
        for item in value.items:
            pair = item.items if isinstance(item, Items) else ()
            name = text(pair[0]) if len(pair) == 2 else None
            if name is None:
                raise Unbuildable(render(item))
            found.append((name, self.builder.field(pair[1])))
        return found

    def options(self, value: Value) -> dict[str, Any]:
        if not isinstance(value, Dictionary):
            raise Unbuildable(render(value))
        found: dict[str, Any] = {}
        for key, item in value.items:
            name = text(key)
            if name not in OPTIONS or (name == "index_together" and not HAS_INDEX_TOGETHER):
                continue
            if name in ("indexes", "constraints") and isinstance(item, Items):
                found[name] = [self.builder.definition(each) for each in item.items]
            else:
                found[name] = self.builder.build(item)
        return found

    def bases(self, value: Value) -> tuple[Any, ...]:
        """The models that the model inherits from. Mixins are left out: they create no tables."""
        items = value.items if isinstance(value, Items) else ()
        found = [item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str)]
        if any(isinstance(item, Call | Code | Opaque) for item in items):
            raise Unbuildable(render(value))
        return (*found, models.Model)


@functools.cache
def conditional(kind: str) -> Any:
    """The class that stitchback writes into migration files for this operation."""
    template = TEMPLATES[kind]
    known: Mapping[str, Any] = {"migrations": migrations, "models": models, "copy": copy}
    names = {path.rpartition(".")[2] for path in template.imports}
    namespace = {name: known[name] for name in names}
    namespace["__name__"] = __name__
    exec(
        compile(template.source, f"<{template.name}>", "exec"), namespace
    )  # the source is part of stitchback
    return namespace[template.name]


def tables_in(operations: tuple[Operation | Opaque, ...], app: str) -> set[str]:
    """Names of tables that the operations may create."""
    found: set[str] = set()
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        found |= tables_in((*operation.database, *operation.state), app)
        named = dict(operation.arguments)
        kind = kind_of(operation)
        if kind is not None and (kind.model.made or kind.model.renamed):
            name = text(named.get(kind.model.after)) or ""
            options = named.get("options")
            pairs = options.items if isinstance(options, Dictionary) else ()
            own = next((text(item) for key, item in pairs if text(key) == "db_table"), None)
            found.add((own or f"{app}_{name}").lower())
        elif kind is not None and kind.table:
            found.add((text(named.get(kind.table)) or "").lower())
    return found - {""}


def models_made(operations: tuple[Operation | Opaque, ...], app: str) -> set[tuple[str, str]]:
    """(app, model in lower case) of the models that the operations create or rename to."""
    found: set[tuple[str, str]] = set()
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        found |= models_made((*operation.database, *operation.state), app)
        kind = kind_of(operation)
        if kind is not None and (kind.model.made or kind.model.renamed):
            found.add((app, (text(operation.argument(kind.model.after)) or "").lower()))
    return found


def models_named(
    operations: tuple[Operation | Opaque, ...], app: str, settings: Mapping[str, str]
) -> dict[tuple[str, str], set[str]]:
    """The models that fields and bases of the operations name, with the fields of theirs that are pointed at (`to_field`)."""
    found: dict[tuple[str, str], set[str]] = {}
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        for key, names in models_named((*operation.database, *operation.state), app, settings).items():
            found.setdefault(key, set()).update(names)
        for name, value in operation.arguments:
            if name == "bases" and isinstance(value, Items):
                for label in filter(None, map(text, value.items)):
                    found.setdefault(key_of(label, app), set())
            for call in calls_in(value):
                pointed = text(call.kwarg("to_field"))
                for label in labels_in(call, settings):
                    names = found.setdefault(key_of(label, app), set())
                    names |= {pointed} if pointed else set()
    return found


def calls_in(value: Value) -> list[Call]:
    return [each for each in walk(value) if isinstance(each, Call)]
