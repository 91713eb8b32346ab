"""The operations on whole models. Source: `django.db.migrations.operations.models`, `ProjectState.rename_model`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import ModelState, SchemaState
from stitchback.operations.base import (
    MIGRATIONS,
    MODELS,
    NOT_NAMED,
    ChangedPart,
    NamedParameters,
    OperationKind,
    Step,
    Template,
)
from stitchback.operations.on_field import many_renamed
from stitchback.schema.changes import model_of, with_model, without_model
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.create_model import created_model
from stitchback.schema.effects import CreateTable, DropTable, Effect, RenameTable
from stitchback.schema.labels import model_key, needed
from stitchback.schema.needs import require_definitions, require_order
from stitchback.schema.references import model_renamed, referrers
from stitchback.schema.tables import has_tables, table_name, tables_of


class OnModel(OperationKind):
    """An operation on a model or its options. `model`, `table`, `template` and what it does are its own."""

    module = MIGRATIONS
    keywords = ()
    field = NOT_NAMED
    defines: tuple[str, ...] = ()
    part = ChangedPart.MODEL
    is_index = False
    code = ""

    @property
    def on_sqlite(self) -> str:
        return self.name


class CreateModel(OnModel):
    parameters = ("name", "fields", "options", "bases", "managers")
    spread = ("fields", "options", "managers")
    model = NamedParameters(after="name")
    table = ""

    def makes_new(self, operation: Operation) -> bool:
        return True

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        name = needed(operation, "name")
        if operation.conditional and ModelKey.of(app, name) in state.models:
            return state
        model = created_model(operation, app, state.field_bases, state.field_names)
        after = with_model(state, model)
        require_order(after, model)
        return after

    def effects(self, step: Step) -> Iterator[Effect]:
        model = self.model_after(step)
        if has_tables(model):
            require_definitions(step.after, model)
        for name, table in tables_of(step.after, model).all:
            yield CreateTable(name, table)

    def guarded_effects(self, step: Step) -> Iterator[Effect]:
        """All of it or nothing: only the model's own table is looked for, so the others come first here."""
        tables = tables_of(step.after, self.model_after(step)).all
        main = tables[0][0] if tables else ""
        for name, table in reversed(tables):
            yield CreateTable(name, table, unless="" if name == main else main)

    template = Template(
        "CreateModel",
        "CreateModelIfMissing",
        '''\
class CreateModelIfMissing(migrations.CreateModel):
    """Creates the model where the database lacks its table; backwards it takes nothing away."""

    def state_forwards(self, app_label, state):
        if (app_label, self.name_lower) not in state.models:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        if table not in schema_editor.connection.introspection.table_names():
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
''',
    )


class DeleteModel(OnModel):
    parameters = ("name",)
    spread = ()
    model = NamedParameters(before="name")
    table = ""

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        key = model_key(operation, app)
        if operation.conditional and key not in state.models:
            return state
        model_of(state, key)
        return without_model(state, key)

    def effects(self, step: Step) -> Iterator[Effect]:
        for name, _ in reversed(tables_of(step.before, self.model_before(step)).all):
            yield DropTable(name)

    def guarded_effects(self, step: Step) -> Iterator[Effect]:
        """Where the state has no such model, the table of its default name."""
        key = model_key(step.operation, step.app)
        if key in step.before.models:
            yield from self.effects(step)
        else:
            yield DropTable(f"{key.app}_{key.model}")

    template = Template(
        "DeleteModel",
        "DeleteModelIfPresent",
        '''\
class DeleteModelIfPresent(migrations.DeleteModel):
    """Deletes the model where the database has its table; backwards it is put back."""

    def state_forwards(self, app_label, state):
        if (app_label, self.name_lower) in state.models:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if (app_label, self.name_lower) not in from_state.models:
            from_state = from_state.clone()
            key = models.AutoField(primary_key=True)
            stand_in = migrations.CreateModel(self.name, [("id", key)])
            stand_in.state_forwards(app_label, from_state)
        table = from_state.apps.get_model(app_label, self.name)._meta.db_table
        if table in schema_editor.connection.introspection.table_names():
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if (app_label, self.name_lower) not in to_state.models:
            return
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        if table not in schema_editor.connection.introspection.table_names():
            super().database_backwards(app_label, schema_editor, from_state, to_state)
''',
        imports=(MIGRATIONS, MODELS),
    )


class RenameModel(OnModel):
    parameters = ("old_name", "new_name")
    spread = ()
    model = NamedParameters("old_name", "new_name")
    table = ""

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        old, new = needed(operation, "old_name"), needed(operation, "new_name")
        before, after = ModelKey.of(app, old), ModelKey.of(app, new)
        if operation.conditional and before not in state.models:
            return state
        model_of(state, before)
        if (
            before == after
        ):  # `ProjectState.rename_model` removes the old key, which is the new one (KeyError)
            raise InconsistentState(Problem.of(ProblemKind.CASE_RENAMED, before))
        return model_renamed(state, before, after, new)

    def effects(self, step: Step) -> Iterator[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        yield from model_moved(step.before, source, step.after, target)

    def guarded_effects(self, step: Step) -> Iterator[Effect]:
        old, new = (
            model_key(step.operation, step.app, "old_name"),
            model_key(step.operation, step.app, "new_name"),
        )
        if old not in step.before.models:
            model_of(step.after, new)  # where the state has neither, `rename_model` of the template fails
            step = replace(step, before=model_renamed(step.after, new, old, step.name("old_name")))
        yield from self.effects(step)

    template = Template(
        "RenameModel",
        "RenameModelIfNeeded",
        '''\
class RenameModelIfNeeded(migrations.RenameModel):
    """Renames the model where the database has the old table; backwards likewise."""

    def state_forwards(self, app_label, state):
        if (app_label, self.old_name_lower) in state.models:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if (app_label, self.old_name_lower) not in from_state.models:
            from_state = from_state.clone()
            from_state.rename_model(app_label, self.new_name, self.old_name)
        old = from_state.apps.get_model(app_label, self.old_name)._meta.db_table
        new = to_state.apps.get_model(app_label, self.new_name)._meta.db_table
        tables = schema_editor.connection.introspection.table_names()
        if old == new or (old in tables and new not in tables):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if (app_label, self.old_name_lower) in to_state.models:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
''',
    )


def model_moved(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState
) -> Iterator[Effect]:
    """The model's table, then the many-to-many tables that hold its name: those of its own fields and of fields that
    refer to it. Foreign keys follow their table on their own."""
    if not has_tables(target):
        return
    if table_name(source) != table_name(target):
        yield RenameTable(table_name(source), table_name(target))
    for model, name, _ in tuple(referrers(before, source.key)):
        if model.key != source.key:
            yield from many_renamed(model, after.models[model.key], name, name)
    for name, _ in source.fields:
        yield from many_renamed(source, target, name, name)
