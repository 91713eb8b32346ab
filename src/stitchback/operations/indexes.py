"""The operations on indexes. Source: `django.db.migrations.operations.models`, `django.contrib.postgres.operations`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.operations import Operation
from stitchback.model.physical import IndexDefinition
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import NONE, Call, Constant, Reference, Value, strings, text
from stitchback.operations.base import (
    MIGRATIONS,
    MODELS,
    NOT_NAMED,
    POSTGRES,
    ChangedPart,
    NamedParameters,
    OperationKind,
    Step,
    Template,
)
from stitchback.schema.changes import with_model
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.create_model import name_of, unread
from stitchback.schema.effects import ChangeIndexName, CreateIndex, DropIndex, Effect
from stitchback.schema.labels import needed
from stitchback.schema.needs import lacks, names_in, own_columns, require
from stitchback.schema.tables import column_of, has_tables, main_table, table_name

Definitions = tuple[tuple[str, Value], ...]


class OnDefinition(OperationKind):
    """An operation on an index or a constraint. `definition`: the parameter that holds it, or its name; "" where there are two."""

    keywords = ()
    spread = ()
    model = NamedParameters("model_name", "model_name")
    field = NOT_NAMED
    table = ""
    part = ChangedPart.DEFINITION
    code = ""
    definition = ""

    def part_name(self, operation: Operation) -> str:
        value = operation.argument(self.definition)
        if isinstance(value, Call):
            value = value.kwarg("name")
        return text(value) or ""


def has_named(pairs: Definitions, name: str) -> bool:
    return any(key == name for key, _ in pairs)


def require_named(what: str, model: ModelState, pairs: Definitions, name: str, operation: Operation) -> None:
    """`ModelState.get_index_by_name`, `get_constraint_by_name`. Raises InconsistentState."""
    if not operation.conditional and not has_named(pairs, name):
        raise InconsistentState(Problem.of(ProblemKind.NO_DEFINITION, model.key, what, name))


class AddIndex(OnDefinition):
    module = MIGRATIONS
    parameters = ("model_name", "index")
    definition = "index"
    is_index = True
    defines = ("index",)
    on_sqlite = "AddIndex"

    def makes_new(self, operation: Operation) -> bool:
        return True

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        index = operation.argument("index") or unread(operation, "the index", None)
        if operation.conditional and has_named(model.indexes, name_of(index)):
            return state
        return with_model(state, with_index(model, index))

    def effects(self, step: Step) -> Iterator[Effect]:
        model = self.model_after(step)
        index = step.operation.argument("index")
        if has_tables(model) and index is not None:
            name = name_of(index)
            require(step.after, model, sorted(names_in(index)), name)
            columns = own_columns(model, names_in(index))
            yield CreateIndex(table_name(model), name, main_table(step.after, model).indexes[name], columns)

    template: Template | None = Template(
        "AddIndex",
        "AddIndexIfMissing",
        '''\
class AddIndexIfMissing(migrations.AddIndex):
    """Adds the index where the database has none of its name; never takes it away."""

    def state_forwards(self, app_label, state):
        model = state.models[app_label, self.model_name_lower]
        indexes = model.options.get("indexes", [])
        if self.index.name not in [index.name for index in indexes]:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            names = look.get_constraints(cursor, table) if table in tables else {}
        name, deferred = self.index.name, schema_editor.deferred_sql
        if name not in names and not any(name in str(sql) for sql in deferred):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
''',
    )


class AddIndexConcurrently(AddIndex):
    module = POSTGRES

    template = None


class RemoveIndex(OnDefinition):
    module = MIGRATIONS
    parameters = ("model_name", "name")
    definition = "name"
    is_index = True
    defines = ("index",)
    on_sqlite = "RemoveIndex"

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        name = needed(operation, "name")
        kept = tuple(pair for pair in model.indexes if pair[0] != name)
        return with_model(state, replace(model, indexes=kept))

    def effects(self, step: Step) -> Iterator[Effect]:
        model = self.model_before(step)
        if has_tables(model):
            name = step.name("name")
            require_named("index", model, model.indexes, name, step.operation)
            yield DropIndex(table_name(model), name)

    template: Template | None = Template(
        "RemoveIndex",
        "RemoveIndexIfPresent",
        '''\
class RemoveIndexIfPresent(migrations.RemoveIndex):
    """Removes the index where the database has it; backwards it is put back."""

    def knows(self, app_label, state):
        model = state.models[app_label, self.model_name_lower]
        return self.name in [index.name for index in model.options.get("indexes", [])]

    def state_forwards(self, app_label, state):
        if self.knows(app_label, state):
            super().state_forwards(app_label, state)

    def there(self, app_label, schema_editor, state):
        table = state.apps.get_model(app_label, self.model_name)._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            names = look.get_constraints(cursor, table) if table in tables else {}
        return names.get(self.name)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        there = self.there(app_label, schema_editor, from_state)
        if there and self.allow_migrate_model(schema_editor.connection.alias, model):
            names = {each.column: each.name for each in model._meta.local_fields}
            fields = [names[name] for name in there["columns"] if name in names]
            fields = fields or [model._meta.pk.name]
            index = models.Index(fields=fields, name=self.name)
            schema_editor.remove_index(model, index)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        there = self.there(app_label, schema_editor, to_state)
        if self.knows(app_label, to_state) and not there:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
''',
        imports=(MIGRATIONS, MODELS),
    )


class RemoveIndexConcurrently(RemoveIndex):
    module = POSTGRES

    template = None


class RenameIndex(OnDefinition):
    """Of a named index; or of an unnamed `index_together`, which gets a name."""

    module = MIGRATIONS
    parameters = ("model_name", "new_name", "old_name", "old_fields")
    part = ChangedPart.MODEL
    is_index = False
    defines = ()
    on_sqlite = "RenameIndex"

    def renames(self, operation: Operation) -> SchemaObjectKind | None:
        """One of an unnamed `index_together` is the one gone and the other made."""
        return SchemaObjectKind.INDEX if operation.argument("old_fields") in (None, NONE) else None

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        new = needed(operation, "new_name")
        fields = operation.argument("old_fields")
        if fields is not None and fields != NONE:
            return with_model(state, index_named(model, fields, new))
        old = needed(operation, "old_name")
        return with_model(
            state, replace(model, indexes=tuple(renamed_pair(pair, old, new) for pair in model.indexes))
        )

    def effects(self, step: Step) -> Iterator[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        if not has_tables(target):
            return
        new = step.name("new_name")
        fields = strings(step.operation.argument("old_fields"))
        if fields:
            require(step.before, source, fields, self.name)
            index = IndexDefinition("index", tuple(column_of(source, name) for name in fields))
            yield ChangeIndexName(table_name(target), str(index), new, columns=index.columns)
            return
        old = step.name("old_name")
        require_named("index", source, source.indexes, old, step.operation)
        if old != new:
            yield ChangeIndexName(table_name(target), old, new, lost=lost_fields(step.after, target, new))

    template = None


def with_index(model: ModelState, index: Value) -> ModelState:
    return replace(model, indexes=(*model.indexes, (name_of(index), index)))


def index_named(model: ModelState, fields: Value, name: str) -> ModelState:
    """An unnamed `index_together` as a named index (RenameIndex with `old_fields`)."""
    index = Call(Reference("django.db.models.Index"), (), (("fields", fields), ("name", Constant(name))))
    gone = frozenset({strings(fields) or ()})
    return replace(with_index(model, index), index_together=model.index_together - gone)


def renamed_pair(pair: tuple[str, Value], old: str, new: str) -> tuple[str, Value]:
    name, index = pair
    if name != old or not isinstance(index, Call):
        return pair
    kwargs = {**dict(index.kwargs), "name": Constant(new)}
    return new, replace(index, kwargs=tuple(sorted(kwargs.items())))


def lost_fields(state: SchemaState, model: ModelState, name: str) -> tuple[str, ...]:
    """Of the model's index of that name: the fields that the model has lost."""
    named = (field for key, index in model.indexes if key == name for field in names_in(index))
    return tuple(sorted(field for field in named if lacks(state, model, field)))
