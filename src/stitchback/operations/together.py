"""AlterUniqueTogether and AlterIndexTogether. Source: `django.db.migrations.operations.models`, `alter_unique_together`."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.operations import Operation
from stitchback.model.state import ModelState, SchemaState
from stitchback.operations.base import Part, Step, Template
from stitchback.operations.model_options import OnOptions
from stitchback.schema.changes import with_model
from stitchback.schema.definitions import columns_in, definition
from stitchback.schema.effects import AddIndex, DropIndex, Effect, MakeUniqueTogether
from stitchback.schema.models import with_together
from stitchback.schema.needs import own_columns, require
from stitchback.schema.tables import column_of, has_tables, table_name
from stitchback.schema.unique_together import Together


class AlterTogether(OnOptions):
    """It says which fields are together from now on: what is gone is dropped, what is new is added. `defines`: "unique" or "index" alone."""

    part = Part.DEFINITION

    def part_name(self, operation: Operation) -> str:
        return self.name

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        option = self.parameters[-1]
        return with_model(
            state, with_together(self.model_in(operation, app, state), option, operation.argument(option))
        )

    def effects(self, step: Step) -> Iterator[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        if not has_tables(target):
            return
        kind = self.defines[0]
        for names in sorted(together_options(kind, source) ^ together_options(kind, target)):
            require(step.after, target, names, self.name)
        old, new = together_texts(kind, source), together_texts(kind, target)
        yield from (DropIndex(table_name(target), text) for text in sorted(old - new))
        columns = own_columns(target, (name for names in together_options(kind, target) for name in names))
        for text in sorted(new - old):
            yield AddIndex(table_name(target), text, text, columns & frozenset(columns_in(text)))


class AlterUniqueTogether(AlterTogether):
    parameters = ("name", "unique_together")
    defines = ("unique",)

    def guarded_effects(self, step: Step) -> Iterator[Effect]:
        """Exactly these, whatever the database has: what Django named for itself and is not among them is dropped."""
        model = self.model_after(step)
        if has_tables(model):
            yield MakeUniqueTogether(table_name(model), tuple(sorted(together_texts("unique", model))))

    template = Template(
        "AlterUniqueTogether",
        "AlterUniqueTogetherIfNeeded",
        '''\
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
''',
    )


class AlterIndexTogether(AlterTogether):
    parameters = ("name", "index_together")
    defines = ("index",)
    is_index = True


def together_texts(kind: str, model: ModelState) -> frozenset[str]:
    return frozenset(
        definition(kind, [column_of(model, name) for name in names])
        for names in together_options(kind, model)
    )


def together_options(kind: str, model: ModelState) -> Together:
    return model.unique_together if kind == "unique" else model.index_together
