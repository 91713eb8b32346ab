"""The sources of the conditional operations on fields. `stitchback.model.conditional` documents their
behaviour.
"""

from __future__ import annotations

ADD_FIELD = '''\
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
'''

REMOVE_FIELD = '''\
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
'''

ALTER_FIELD = '''\
class AlterFieldIfNeeded(migrations.AlterField):
    """Makes the column what the field says, whatever it is now; backwards likewise."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        connection, table = schema_editor.connection, model._meta.db_table
        look = connection.introspection
        with connection.cursor() as cursor:
            tables = look.table_names(cursor)
            there = look.get_table_description(cursor, table) if table in tables else []
            names = look.get_constraints(cursor, table) if table in tables else {}
        new = model._meta.get_field(self.name)
        old = from_state.apps.get_model(app_label, self.model_name)
        old = copy.copy(old._meta.get_field(self.name))
        allowed = self.allow_migrate_model(connection.alias, model)
        if old.many_to_many or not there or not allowed:
            if not old.many_to_many or old.m2m_db_table() in tables:
                args = app_label, schema_editor, from_state, to_state
                super().database_forwards(*args)
            return
        # The old field as the database has it, so that nothing is made twice.
        columns = {column.name: column for column in there}
        likely = new.column, old.column, new.attname
        old.column = next((each for each in likely if each in columns), new.column)
        column = columns[old.column]
        kind, was = old.get_internal_type(), old.db_type(connection)
        if connection.vendor == "postgresql" and column[1] in look.data_types_reverse:
            real = look.get_field_type(column[1], column)
            if real != "CharField" or not new.db_type(connection).startswith("varchar"):
                kind = real  # else it would be cast, and a cast to a shorter text cuts
        was = {"CharField": "varchar", "TextField": "text"}.get(kind, was) + " "
        was = column[1].lower() if connection.vendor == "sqlite" else was
        others = {each.name for each in model._meta.indexes + model._meta.constraints}
        on = [names[name] for name in names if name not in others]
        on = [each for each in on if each["columns"] == [old.column]]
        checked = any(each["check"] for each in on)
        if new.db_parameters(connection)["check"]:
            kind = new.get_internal_type() if checked else ""
        elif checked:
            kind = "PositiveIntegerField"
        methods = {"get_internal_type": lambda self: kind}
        methods["db_type"] = lambda self, connection: was
        old.__class__ = type("AsItIs", (type(old),), methods)
        old.__dict__.pop("unique", None)
        old.null, old.db_default = column.null_ok, models.NOT_PROVIDED
        old._unique = any(each["unique"] and not each["primary_key"] for each in on)
        old.db_index = any(each["index"] and not each["unique"] for each in on)
        old.db_constraint = any(each["foreign_key"] for each in on)
        if not self.preserve_default:
            new.default = self.field.default
        schema_editor.alter_field(model, old, new)
        if not self.preserve_default:
            new.default = models.NOT_PROVIDED
'''

RENAME_FIELD = '''\
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
'''
