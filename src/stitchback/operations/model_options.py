"""The operations that set options of a model. Source: `django.db.migrations.operations.models`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState
from stitchback.model.values import NONE
from stitchback.operations.base import Named, Step, Template
from stitchback.operations.models import OnModel
from stitchback.schema.changes import with_model, without_options
from stitchback.schema.effects import AddColumn, AlterComment, CreateTable, DropColumn, Effect, RenameTable
from stitchback.schema.field_effects import many_renamed
from stitchback.schema.models import dictionary_of, managers_of, with_options
from stitchback.schema.needs import is_ordered, require_order
from stitchback.schema.tables import ORDER, has_tables, main_table, table_name, tables_of

ALTER_OPTION_KEYS = frozenset(
    {
        "base_manager_name", "default_manager_name", "default_related_name", "get_latest_by", "managed", "ordering",
        "permissions", "default_permissions", "select_on_save", "verbose_name", "verbose_name_plural",
    }
)  # fmt: skip


class OnOptions(OnModel):
    """It may run once more: an option that is what it is to be costs nothing."""

    spread = ()
    model = Named("name", "name")
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
            yield AddColumn(table_name(target), ORDER, "IntegerField")


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
    spread = ()

    def makes_new(self, operation: Operation) -> bool:
        return True

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        model = self.model_in(operation, app, state)
        return with_model(state, replace(model, managers=managers_of(operation.argument("managers"))))

    def effects(self, step: Step) -> tuple[Effect, ...]:
        return ()
