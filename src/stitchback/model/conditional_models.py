"""The sources of the conditional operations on models, indexes and constraints: see
`stitchback.model.conditional`.
"""

from __future__ import annotations

CREATE_MODEL = '''\
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
'''

DELETE_MODEL = '''\
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
'''

RENAME_MODEL = '''\
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
'''

ADD_INDEX = '''\
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
'''

REMOVE_INDEX = '''\
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
'''

ADD_CONSTRAINT = '''\
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
'''

REMOVE_CONSTRAINT = '''\
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
'''

ALTER_UNIQUE_TOGETHER = '''\
class AlterUniqueTogetherIfNeeded(migrations.AlterUniqueTogether):
    """Makes just these fields unique together, whatever is now; backwards likewise."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        old = from_state.apps.get_model(app_label, self.name)
        look, table = schema_editor.connection.introspection, model._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            tables = look.table_names(cursor)
            names = look.get_constraints(cursor, table) if table in tables else {}
        wanted = {*map(tuple, model._meta.unique_together)}
        known = wanted | {*map(tuple, old._meta.unique_together)}
        fields = {field.column: field.name for field in model._meta.local_fields}
        others, there = {each.name for each in model._meta.constraints}, set()
        for name in names.keys() - others:
            columns, unique = names[name]["columns"], names[name]["unique"]
            if unique and {*columns} <= {*fields}:
                item = tuple(fields[column] for column in columns)
                made = schema_editor._create_index_name(table, columns, "_uniq")
                if item in known or (name == made and len(item) > 1):
                    there.add(item)
        for item in wanted:
            columns = [model._meta.get_field(name).column for name in item]
            made = schema_editor._create_index_name(table, columns, "_uniq")
            if made in " ".join(map(str, schema_editor.deferred_sql)):
                there.add(item)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.alter_unique_together(model, there, wanted)
'''
