"""The operations on constraints. Source: `django.db.migrations.operations.models`, `django.contrib.postgres.operations`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState
from stitchback.operations.base import MIGRATIONS, POSTGRES, Step, Template
from stitchback.operations.indexes import OnDefinition, has_named, require_named
from stitchback.schema.changes import with_model
from stitchback.schema.create_model import name_of, unread
from stitchback.schema.definitions import is_unique_constraint
from stitchback.schema.effects import CreateConstraint, DropConstraint, Effect
from stitchback.schema.labels import needed
from stitchback.schema.needs import names_in, own_columns, require, resolved_by
from stitchback.schema.tables import has_tables, main_table, table_name


class OnConstraint(OnDefinition):
    """A constraint is checked against the rows: none is new to an earlier data operation."""

    is_index = False


class AddConstraint(OnConstraint):
    module = MIGRATIONS
    parameters = ("model_name", "constraint")
    definition = "constraint"
    defines = ("unique", "check", "index")
    on_sqlite = "AddConstraint"

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        constraint = operation.argument("constraint") or unread(operation, "the constraint", None)
        name = name_of(constraint)
        if operation.conditional and has_named(model.constraints, name):
            return state
        return with_model(state, replace(model, constraints=(*model.constraints, (name, constraint))))

    def effects(self, step: Step) -> Iterator[Effect]:
        model = self.model_after(step)
        constraint = step.operation.argument("constraint")
        if has_tables(model) and constraint is not None:
            name = name_of(constraint)
            require(step.after, model, sorted(names_in(constraint)), name)
            columns = own_columns(model, names_in(constraint))
            yield CreateConstraint(
                table_name(model), name, main_table(step.after, model).constraints[name], columns
            )

    template: Template | None = Template(
        "AddConstraint",
        "AddConstraintIfMissing",
        '''\
class AddConstraintIfMissing(migrations.AddConstraint):
    """Adds the constraint where the database lacks it; never takes it away."""

    def state_forwards(self, app_label, state):
        model = state.models[app_label, self.model_name_lower]
        constraints = model.options.get("constraints", [])
        if self.constraint.name not in [constraint.name for constraint in constraints]:
            super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        look = schema_editor.connection.introspection
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            names = look.get_constraints(cursor, table) if table in tables else {}
        name, deferred = self.constraint.name, schema_editor.deferred_sql
        if name not in names and not any(name in str(sql) for sql in deferred):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
''',
    )


class AddConstraintNotValid(AddConstraint):
    module = POSTGRES

    template = None


class RemoveConstraint(OnConstraint):
    module = MIGRATIONS
    parameters = ("model_name", "name")
    definition = "name"
    defines = ("unique", "check", "index")
    on_sqlite = "RemoveConstraint"

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        name = needed(operation, "name")
        kept = tuple(pair for pair in model.constraints if pair[0] != name)
        return with_model(state, replace(model, constraints=kept))

    def effects(self, step: Step) -> Iterator[Effect]:
        model, target = self.model_before(step), self.model_after(step)
        if has_tables(model):
            name = step.name("name")
            require_named("constraint", model, model.constraints, name, step.operation)
            for key, constraint in model.constraints:
                if key == name and is_unique_constraint(constraint):
                    require(step.after, target, sorted(resolved_by(constraint)), f"dropping {name}")
            yield DropConstraint(table_name(model), name)

    template: Template | None = Template(
        "RemoveConstraint",
        "RemoveConstraintIfPresent",
        '''\
class RemoveConstraintIfPresent(migrations.RemoveConstraint):
    """Removes the constraint where the database has it; backwards it is put back."""

    def knows(self, app_label, state):
        model = state.models[app_label, self.model_name_lower]
        return self.name in [item.name for item in model.options.get("constraints", [])]

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
        model = to_state.apps.get_model(app_label, self.model_name)
        there = self.there(app_label, schema_editor, to_state)
        alias = schema_editor.connection.alias
        if not there or not self.allow_migrate_model(alias, model):
            return
        if self.knows(app_label, from_state):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif schema_editor.connection.vendor == "sqlite" and not there["index"]:
            schema_editor._remake_table(model)
        else:
            sql = "check" if there["check"] else "index" if there["index"] else "unique"
            sql = getattr(schema_editor, "sql_delete_" + sql)
            sql = schema_editor._delete_constraint_sql(sql, model, self.name)
            schema_editor.execute(sql)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        there = self.there(app_label, schema_editor, to_state)
        if self.knows(app_label, to_state) and not there:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
''',
    )


class OnStateAlone(OnConstraint):
    """It leaves every database as it is, but for what PostgreSQL knows of a constraint."""

    definition = "name"
    defines = ()

    def effects(self, step: Step) -> Iterable[Effect]:
        return ()

    template = None


class AlterConstraint(OnStateAlone):
    module = MIGRATIONS
    parameters = ("model_name", "name", "constraint")
    on_sqlite = "AlterConstraint"

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        name = needed(operation, "name")
        new = operation.argument("constraint") or unread(operation, "the constraint", None)
        pairs = tuple((name_of(new), new) if pair[0] == name else pair for pair in model.constraints)
        return with_model(state, replace(model, constraints=pairs))


class ValidateConstraint(OnStateAlone):
    module = POSTGRES
    parameters = ("model_name", "name")
    on_sqlite = ""

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        return state
