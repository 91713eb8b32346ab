"""RenameField. Source: `django.db.migrations.operations.fields`, `ProjectState.rename_field`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import ModelState, SchemaState
from stitchback.operations.base import ChangedPart, NamedParameters, Step, Template
from stitchback.operations.on_field import OnField, altered_column, has_field, many_renamed
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import Effect, RenameColumn, Unknown
from stitchback.schema.labels import model_key, needed
from stitchback.schema.needs import require_order
from stitchback.schema.references import field_renamed
from stitchback.schema.tables import has_tables, owns_table, table_name
from stitchback.schema.visible import has_column


class RenameField(OnField):
    parameters = ("model_name", "old_name", "new_name")
    field = NamedParameters("old_name", "new_name")
    part = ChangedPart.MODEL  # others refer to the field by its name

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        old, new = needed(operation, "old_name"), needed(operation, "new_name")
        missing = model.field(old) is None
        if old == new or (missing and (operation.conditional or not has_field(model, old))):
            return state
        if not operation.conditional and model.field(new) is not None:
            # Django's state would lose the field of that name without an error (`ProjectState.rename_field`).
            raise InconsistentState(Problem.of(ProblemKind.FIELD_EXISTS, model.key, new))
        after = field_renamed(state, model.key, old, new)
        require_order(after, after.models[model.key])
        return after

    def effects(self, step: Step) -> Iterable[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        old, new = step.name("old_name"), step.name("new_name")
        return renamed_field(step.before, source, step.after, target, old, new) if has_tables(target) else ()

    def guarded_effects(self, step: Step) -> Iterable[Effect]:
        old, new = step.name("old_name"), step.name("new_name")
        model = self.model_before(step)
        if model.field(old) is None:
            key = model_key(step.operation, step.app, "model_name")
            if model.field(new) is None and not has_field(model, old) and not has_field(model, new):
                # Where the state has neither, `rename_field` of the template fails.
                raise InconsistentState(Problem.of(ProblemKind.NO_FIELD, key, new))
            step = replace(step, before=field_renamed(step.before, key, new, old))
        return self.effects(step)

    template = Template(
        "RenameField",
        "RenameFieldIfNeeded",
        '''\
class RenameFieldIfNeeded(migrations.RenameField):
    """Renames the field where the database has the old name; backwards likewise."""

    def state_forwards(self, app_label, state):
        if self.old_name in state.models[app_label, self.model_name_lower].fields:
            super().state_forwards(app_label, state)

    def there(self, app_label, schema_editor, state, name):
        model = state.apps.get_model(app_label, self.model_name)
        field, table = model._meta.get_field(name), model._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            if field.many_to_many:
                return field.m2m_db_table() in tables
            found = look.get_table_description(cursor, table) if table in tables else []
        return field.column in {column.name for column in found}

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        key = app_label, self.model_name_lower
        if self.old_name not in from_state.models[key].fields:
            from_state = from_state.clone()
            from_state.rename_field(*key, self.new_name, self.old_name)
        there = self.there(app_label, schema_editor, from_state, self.old_name)
        if there and not self.there(app_label, schema_editor, to_state, self.new_name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        fields = to_state.models[app_label, self.model_name_lower].fields
        if self.old_name not in fields:
            return
        if not self.there(app_label, schema_editor, to_state, self.old_name):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
''',
    )


def renamed_field(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, old: str, new: str
) -> Iterator[Effect]:
    """RenameField: `alter_field` from the old name's column to the new name's."""
    field = source.field(old)
    if isinstance(field, Opaque):
        yield RenameColumn(table_name(target), old, new)
    elif field is None:
        yield Unknown(f"rename the field {old}, which the model has from a base")
    elif owns_table(field):
        yield from many_renamed(source, target, old, new)
    elif has_column(field):
        yield from altered_column(before, source, after, target, old, new)
