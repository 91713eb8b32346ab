"""AddField. Source: `django.db.migrations.operations.fields`, `BaseDatabaseSchemaEditor.add_field`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import Call
from stitchback.operations.base import NamedParameters, Step, Template
from stitchback.operations.on_field import OnField, require_whole, with_field
from stitchback.schema.effects import AddColumn, CreateTable, Effect
from stitchback.schema.labels import needed
from stitchback.schema.tables import (
    column_pair,
    field_indexes,
    has_tables,
    many_table,
    many_table_name,
    owns_table,
    table_name,
)
from stitchback.schema.visible import has_column


class AddField(OnField):
    parameters = ("model_name", "name", "field", "preserve_default")
    field = NamedParameters(after="name")

    def makes_new(self, operation: Operation) -> bool:
        field = operation.argument("field")
        if not isinstance(field, Call):
            return False
        return field.kwarg("default") is None or not (field.kwarg("to") or field.args)

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        name = needed(operation, "name")
        if operation.conditional and model.field(name) is not None:
            return state
        return with_field(state, model, operation, app)

    def effects(self, step: Step) -> Iterable[Effect]:
        model = self.model_after(step)
        if not has_tables(model):
            return ()
        name = step.name("name")
        require_whole(step.after, model, name)
        return added_field(step.after, model, name)

    template = Template(
        "AddField",
        "AddFieldIfMissing",
        '''\
class AddFieldIfMissing(migrations.AddField):
    """Adds the field where the database lacks it; backwards it takes nothing away."""

    def state_forwards(self, app_label, state):
        if self.name not in state.models[app_label, self.model_name_lower].fields:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        field, table = model._meta.get_field(self.name), model._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            there = look.get_table_description(cursor, table) if table in tables else []
            names = look.get_constraints(cursor, table) if table in tables else {}
        columns = {column.name for column in there}
        fields = model._meta.local_concrete_fields if there else [field]
        missing = {each.name for each in fields if each.column not in columns}
        if field.many_to_many and field.m2m_db_table() not in tables:
            missing.add(field.name)
        if field.name not in missing:
            return
        # The table as it is now: SQLite copies it column by column.
        before = from_state.clone()
        state = before.models[app_label, self.model_name_lower]
        for name in missing & {*state.fields}:
            del state.fields[name]
        for option in {"indexes", "constraints"} & {*state.options}:
            items = state.options[option]
            state.options[option] = [item for item in items if item.name in names]
        for option in {"unique_together", "index_together"} & {*state.options}:
            items = map(tuple, getattr(model._meta, option, ()))
            state.options[option] = {item for item in items if not missing & {*item}}
        before.reload_model(app_label, self.model_name_lower)
        super().database_forwards(app_label, schema_editor, before, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
''',
    )


def added_field(state: SchemaState, model: ModelState, name: str) -> Iterator[Effect]:
    """A column with its indexes, or the table of a many-to-many field."""
    field = model.field(name)
    if isinstance(field, Opaque):
        yield from (AddColumn(table_name(model), *pair) for pair in column_pair(state, name, field))
    elif field is not None and owns_table(field):
        yield CreateTable(many_table_name(model, name, field), many_table(state, model, field))
    elif field is not None and has_column(field):
        indexes = tuple(field_indexes(name, field))
        for column, shape in column_pair(state, name, field):
            yield AddColumn(table_name(model), column, shape, indexes)
