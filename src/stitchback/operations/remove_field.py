"""RemoveField. Source: `django.db.migrations.operations.fields`, `BaseDatabaseSchemaEditor.remove_field`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.operations.base import MIGRATIONS, MODELS, NamedParameters, Step, Template
from stitchback.operations.on_field import OnField, has_field
from stitchback.schema.changes import take, with_model
from stitchback.schema.effects import DropColumn, DropTable, Effect, Unknown
from stitchback.schema.labels import needed
from stitchback.schema.needs import require_order
from stitchback.schema.tables import (
    column_name,
    has_tables,
    main_table,
    many_table_name,
    model_tables,
    owns_table,
    table_name,
)
from stitchback.schema.visible import has_column, is_foreign_key, is_indexed, is_primary_key, is_unique


class RemoveField(OnField):
    parameters = ("model_name", "name", "field")
    field = NamedParameters(before="name")

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        name = needed(operation, "name")
        if model.field(name) is None and (operation.conditional or not has_field(model, name)):
            return state
        rest = replace(model, fields=take(model.fields, name))
        require_order(state, rest)
        return with_model(state, rest)

    def effects(self, step: Step) -> Iterable[Effect]:
        model = self.model_before(step)
        return removed_field(model, step.name("name")) if has_tables(model) else ()

    def guarded_effects(self, step: Step) -> Iterable[Effect]:
        model = self.model_before(step)
        name = step.name("name")
        if not has_tables(model):
            return ()
        return (
            unknown_field(step.before, model, name)
            if model.field(name) is None
            else removed_field(model, name)
        )

    template = Template(
        "RemoveField",
        "RemoveFieldIfPresent",
        '''\
class RemoveFieldIfPresent(migrations.RemoveField):
    """Removes the field where the database has it; backwards it is put back."""

    def state_forwards(self, app_label, state):
        if self.name in state.models[app_label, self.model_name_lower].fields:
            super().state_forwards(app_label, state)

    def there(self, app_label, schema_editor, state):
        table = state.apps.get_model(app_label, self.model_name)._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = {*look.table_names(cursor)}
            found = look.get_table_description(cursor, table) if table in tables else []
        return {column.name for column in found}, tables

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        columns, tables = self.there(app_label, schema_editor, from_state)
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.name not in from_state.models[app_label, self.model_name_lower].fields:
            # Something of that name which the state does not know: a stand-in for it.
            known = from_state.apps.get_models(include_auto_created=True)
            tables -= {each._meta.db_table for each in known}
            columns -= {each.column for each in model._meta.local_fields}
            field = models.ManyToManyField(model._meta.label, related_name="+")
            for column in {self.name, self.name + "_id"} & columns:
                field = models.ForeignKey(model._meta.label, models.DO_NOTHING, "+")
                field.db_column = column
            from_state = from_state.clone()
            add = migrations.AddField(self.model_name, self.name, field)
            add.state_forwards(app_label, from_state)
            model = from_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        table = field.m2m_db_table() if field.many_to_many else None
        if field.column in columns or table in tables:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if self.name in to_state.models[app_label, self.model_name_lower].fields:
            columns, tables = self.there(app_label, schema_editor, to_state)
            model = to_state.apps.get_model(app_label, self.model_name)
            field = model._meta.get_field(self.name)
            table = field.m2m_db_table() if field.many_to_many else None
            if field.column not in columns and table not in tables:
                args = app_label, schema_editor, from_state, to_state
                super().database_backwards(*args)
''',
        imports=(MIGRATIONS, MODELS),
    )


def removed_field(model: ModelState, name: str) -> Iterator[Effect]:
    field = model.field(name)
    if isinstance(field, Opaque):
        yield DropColumn(table_name(model), name)
    elif field is None:
        yield Unknown(f"remove the field {name}, which the model has from a base")
    elif owns_table(field):
        yield DropTable(many_table_name(model, name, field))
    elif has_column(field):
        yield DropColumn(
            table_name(model), column_name(name, field), name if is_plainly_dropped(field) else ""
        )


def is_plainly_dropped(field: Field) -> bool:
    """SQLite's ALTER TABLE DROP COLUMN does for one without an index or a reference of its own."""
    return not (is_primary_key(field) or is_unique(field) or is_indexed(field) or is_foreign_key(field))


def unknown_field(state: SchemaState, model: ModelState, name: str) -> Iterator[Effect]:
    """A field that the state does not have: the column of that name or with "_id", or a many-to-many table of that name,
    where they are no other field's or model's."""
    own = main_table(state, model).columns
    yield from (DropColumn(table_name(model), column) for column in (name, f"{name}_id") if column not in own)
    many = f"{table_name(model)}_{name}"
    if all(many != table for key in state.models for table, _ in model_tables(state, key).all):
        yield DropTable(many)
