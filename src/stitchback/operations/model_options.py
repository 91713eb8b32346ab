"""The operations that set options of a model. Source: `django.db.migrations.operations.models`, `alter_unique_together`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.physical import Column, IndexDefinition, unnamed
from stitchback.model.state import ModelState, SchemaState
from stitchback.model.values import NONE
from stitchback.operations.base import ChangedPart, NamedParameters, Step, Template
from stitchback.operations.models import OnModel
from stitchback.operations.on_field import many_renamed
from stitchback.schema.changes import with_model, without_options
from stitchback.schema.create_model import dictionary_of, managers_of, with_options, with_together
from stitchback.schema.effects import (
    AddColumn,
    AlterComment,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    Effect,
    MakeUniqueTogether,
    RenameTable,
)
from stitchback.schema.needs import is_ordered, own_columns, require, require_order
from stitchback.schema.tables import ORDER, column_of, has_tables, main_table, table_name, tables_of
from stitchback.schema.unique_together import Together

ALTER_OPTION_KEYS = frozenset(
    {
        "base_manager_name", "default_manager_name", "default_related_name", "get_latest_by", "managed", "ordering",
        "permissions", "default_permissions", "select_on_save", "verbose_name", "verbose_name_plural",
    }
)  # fmt: skip


class OnOptions(OnModel):
    """It may run once more: an option that is what it is to be costs nothing."""

    spread: tuple[str, ...] = ()
    model = NamedParameters("name", "name")
    table = ""

    template: Template | None = None


class OnOneOption(OnOptions):
    """It sets one Meta `option` to the last of its arguments."""

    option: str

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        value = operation.argument(self.parameters[-1]) or NONE
        model = with_options(self.model_in(operation, app, state), {self.option: value})
        after = with_model(state, model)
        require_order(after, model)
        return after


class AlterModelTable(OnOneOption):
    parameters = ("name", "table")
    option = "db_table"
    table = "table"

    def effects(self, step: Step) -> Iterator[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        if not has_tables(target):
            return
        if table_name(source) != table_name(target):
            yield RenameTable(table_name(source), table_name(target))
        for name, _ in source.fields:
            yield from many_renamed(source, target, name, name)


class AlterModelTableComment(OnOneOption):
    parameters = ("name", "table_comment")
    option = "db_table_comment"

    def effects(self, step: Step) -> Iterator[Effect]:
        self.model_before(step)
        target = self.model_after(step)
        if has_tables(target):
            yield AlterComment(table_name(target), main_table(step.after, target).comment)


class AlterOrderWithRespectTo(OnOneOption):
    parameters = ("name", "order_with_respect_to")
    option = "order_with_respect_to"

    def effects(self, step: Step) -> Iterator[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        had, has = is_ordered(source), is_ordered(target)
        if has_tables(target) and had and not has:
            yield DropColumn(table_name(target), ORDER)
        elif has_tables(target) and has and not had:
            yield AddColumn(table_name(target), ORDER, Column("IntegerField"))


class AlterModelOptions(OnOptions):
    parameters = ("name", "options")

    def makes_new(self, operation: Operation) -> bool:
        return True

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        options, opaque = dictionary_of(operation, operation.argument("options"))
        dropped = ALTER_OPTION_KEYS - frozenset(options) if not opaque else frozenset()
        model = replace(
            model, options=without_options(model.options, dropped), opaque=(*model.opaque, *opaque)
        )
        return with_model(state, with_options(model, options))

    def effects(self, step: Step) -> Iterator[Effect]:
        """Django does nothing. A model that becomes managed has its tables already, made by other means."""
        source, target = self.model_before(step), self.model_after(step)
        if not has_tables(source):
            for name, table in tables_of(step.after, target).all:
                yield CreateTable(name, table, conditional=True)


class AlterModelManagers(OnOptions):
    parameters = ("name", "managers")
    spread = ("managers",)

    def makes_new(self, operation: Operation) -> bool:
        return True

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        return with_model(state, replace(model, managers=managers_of(operation.argument("managers"))))

    def effects(self, step: Step) -> tuple[Effect, ...]:
        return ()


class AlterTogether(OnOptions):
    """It says which fields are together from now on: what is gone is dropped, what is new is added. `defines`: "unique" or "index" alone."""

    part = ChangedPart.DEFINITION

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
        old, new = unnamed(together_indexes(kind, source)), unnamed(together_indexes(kind, target))
        yield from (DropIndex(table_name(target), name) for name in sorted(old.keys() - new.keys()))
        columns = own_columns(target, (name for names in together_options(kind, target) for name in names))
        for name in sorted(new.keys() - old.keys()):
            definition = new[name]
            yield CreateIndex(table_name(target), name, definition, columns & {*definition.columns})


class AlterUniqueTogether(AlterTogether):
    parameters = ("name", "unique_together")
    defines = ("unique",)

    def guarded_effects(self, step: Step) -> Iterator[Effect]:
        """Exactly these, whatever the database has: what Django named for itself and is not among them is dropped."""
        model = self.model_after(step)
        if has_tables(model):
            definitions = sorted(together_indexes("unique", model), key=str)
            yield MakeUniqueTogether(table_name(model), tuple(definitions))

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


def together_indexes(kind: str, model: ModelState) -> frozenset[IndexDefinition]:
    return frozenset(
        IndexDefinition(kind, tuple(column_of(model, name) for name in names))
        for names in together_options(kind, model)
    )


def together_options(kind: str, model: ModelState) -> Together:
    return model.unique_together if kind == "unique" else model.index_together
