"""AlterField. Source: `django.db.migrations.operations.fields`, `BaseDatabaseSchemaEditor.alter_field`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.operations import Operation
from stitchback.model.physical import IndexDefinition
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.operations.base import MIGRATIONS, MODELS, NamedParameters, Step, Template
from stitchback.operations.model_options import together_indexes
from stitchback.operations.on_field import (
    OnField,
    altered_column,
    many_renamed,
    many_retargeted,
    require_whole,
    with_field,
)
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import (
    AddColumn,
    AlterColumn,
    CreateIndex,
    DropIndex,
    Effect,
    RenameColumn,
    Unknown,
)
from stitchback.schema.labels import model_key
from stitchback.schema.needs import require
from stitchback.schema.tables import (
    column_name,
    column_pair,
    field_indexes,
    has_tables,
    owns_table,
    table_name,
)
from stitchback.schema.visible import GENERATED, column_text, has_column, is_many_to_many


class AlterField(OnField):
    parameters = ("model_name", "name", "field", "preserve_default")
    field = NamedParameters("name", "name")

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        return with_field(state, self.model_in(operation, app, state), operation, app)

    def effects(self, step: Step) -> Iterable[Effect]:
        source, target = self.model_before(step), self.model_after(step)
        name = step.name("name")
        if not has_tables(target):
            return ()
        require(step.before, source, (name,), self.name)
        require_whole(step.after, target, name)
        return altered_field(step.before, source, step.after, target, name)

    def unread_effects(self, step: Step) -> Iterable[Effect]:
        """The column that it alters and none is known to have made is there from now on."""
        key = model_key(step.operation, step.app, self.model.before)
        source, target = step.before.models.get(key), step.after.models.get(key)
        if source is None or target is None:
            return ()
        return unread_altered(source, step.after, target, step.name("name"))

    def guarded_effects(self, step: Step) -> Iterable[Effect]:
        """The column as the field says, whatever it is now, with exactly its own indexes."""
        source, target = self.model_before(step), self.model_after(step)
        name = step.name("name")
        field = target.field(name)
        if not has_tables(target):
            return ()
        if isinstance(field, Field) and has_column(field):
            return made_so(step.after, target, name, field)
        return altered_field(step.before, source, step.after, target, name)

    template = Template(
        "AlterField",
        "AlterFieldIfNeeded",
        '''\
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
        if connection.vendor == "mysql" and "Integer" in new.get_internal_type():
            # MariaDB drops the check of a column whose type is set again.
            if look.get_field_type(column[1], column) == new.get_internal_type():
                was = new.db_type(connection)
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
''',
        imports=("copy", MIGRATIONS, MODELS),
    )


def altered_field(
    before: SchemaState, source: ModelState, after: SchemaState, target: ModelState, name: str
) -> Iterator[Effect]:
    """`alter_field` of two fields of one name."""
    old, new = source.field(name), target.field(name)
    if not isinstance(old, Field) or not isinstance(new, Field):
        yield from unread_altered(source, after, target, name)
    elif is_many_to_many(old) and is_many_to_many(new):
        if owns_table(old) != owns_table(new):
            raise InconsistentState(Problem.of(ProblemKind.THROUGH_CHANGED))
        yield from many_renamed(source, target, name, name)
        yield from many_retargeted(before, source, after, target, name)
    elif has_column(old) != has_column(new):
        raise InconsistentState(Problem.of(ProblemKind.COLUMN_APPEARS))
    elif has_column(old):
        refuse_generated(old, new)
        yield from altered_column(before, source, after, target, name, name)


def refuse_generated(old: Field, new: Field) -> None:
    """`alter_field`: "Modifying GeneratedFields is not supported". Raises InconsistentState."""
    if GENERATED in (old.path, new.path) and column_text(old) != column_text(new):
        raise InconsistentState(Problem.of(ProblemKind.GENERATED_ALTERED))


def unread_altered(source: ModelState, after: SchemaState, target: ModelState, name: str) -> Iterator[Effect]:
    """A field that cannot be read on one side, or that comes from a base: its column is by its name until it is known
    better, and afterwards it is what the new field says."""
    was, now = source.field(name), target.field(name)
    if now is None or (isinstance(now, Field) and not has_column(now)):
        yield Unknown(f"alter {target.key}.{name}, which cannot be read")
        return
    table = table_name(target)
    before = column_name(name, was) if isinstance(was, Field) else name
    for column, shape in column_pair(after, name, now):
        if before != column:
            yield RenameColumn(table, before, column, conditional=True)
        yield AddColumn(table, column, shape, conditional=True)
        yield AlterColumn(table, column, shape, shape, conditional=True)
    indexes = field_indexes(name, now) if isinstance(now, Field) else ()
    yield from (CreateIndex(table, str(index), index, conditional=True) for index in indexes)


def made_so(state: SchemaState, model: ModelState, name: str, field: Field) -> Iterator[Effect]:
    table, column = table_name(model), column_name(name, field)
    come = tuple(field_indexes(name, field))
    together = {*together_indexes("unique", model), *together_indexes("index", model)}
    for index in (IndexDefinition("unique", (column,)), IndexDefinition("index", (column,))):
        if index not in come and index not in together:
            yield DropIndex(table, str(index))
    yield from (AlterColumn(table, column, shape, shape) for column, shape in column_pair(state, name, field))
    yield from (CreateIndex(table, str(index), index) for index in come)
