"""Django's SQLite schema editor, made strict: it refuses what PostgreSQL would refuse and what a table remake would hide.

SQLite alters a table by creating it again from the models and copying the rows. A column that already exists is created again and loses its values
(FACTS F31). A column that the models have and the table lacks is filled with its own name (F34). A column that the models do not have is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor

from stitchback.model.problems import Problem, ProblemKind
from stitchback.rehearsal.django_objects import NoIndex
from stitchback.rehearsal.shapes import Shape, part_problem, shape_of

SCRATCH = "scratch"


class Refused(Exception):
    """The database does not have the schema that the operation expects."""


class PlainEditor(DatabaseSchemaEditor):  # type: ignore[misc]
    """Skips indexes that SQLite does not support."""

    def _model_indexes_sql(self, model: Any) -> list[Any]:
        return [each for each in super()._model_indexes_sql(model) if each is not None]

    def add_index(self, model: Any, index: Any) -> None:
        if not isinstance(index, NoIndex):
            super().add_index(model, index)

    def remove_index(self, model: Any, index: Any) -> None:
        if not isinstance(index, NoIndex):
            super().remove_index(model, index)


class StrictEditor(PlainEditor):
    """Also reports to the connection's watch which columns it changes."""

    def add_field(self, model: Any, field: Any) -> None:
        if self.is_strict and has_column(field) and field.column.lower() in self._columns(model):
            self._put_right(model, field, "duplicate column name")
        else:
            super().add_field(model, field)

    def remove_field(self, model: Any, field: Any) -> None:
        if self.is_strict and has_column(field) and field.column.lower() not in self._columns(model):
            self._put_right(model, field, "no such column")
        else:
            self.connection.watch.changed(model._meta.db_table, field.column)
            super().remove_field(model, field)

    def _put_right(self, model: Any, field: Any, otherwise: str) -> None:
        """Accepts an operation whose work an earlier table remake already did. Raises Refused if no remake did: other backends do not remake tables."""
        table = model._meta.db_table
        if not self.connection.watch.owes(table, field.column):
            raise Refused(f"{otherwise}: {table}.{field.column}")
        self.connection.watch.set_by_operation(table, field.column)

    def alter_field(self, model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        if self._field_should_be_altered(old_field, new_field):  # otherwise Django emits no SQL
            for field in (old_field, new_field):
                self.connection.watch.changed(model._meta.db_table, field.column)
        super().alter_field(model, old_field, new_field, strict)

    def delete_model(self, model: Any, *arguments: Any, **named: Any) -> None:
        if not self.remaking:
            self.connection.watch.changed(model._meta.db_table, None)
        super().delete_model(model, *arguments, **named)

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str, **named: Any) -> None:
        if not self.remaking:
            self.connection.watch.changed(old_db_table, None)
        super().alter_db_table(model, old_db_table, new_db_table, **named)

    def add_constraint(self, model: Any, constraint: Any) -> None:
        self.adding = constraint
        super().add_constraint(model, constraint)
        self.adding = None

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        self.removing = constraint
        super().remove_constraint(model, constraint)
        self.removing = None

    @property
    def is_strict(self) -> bool:
        return bool(self.connection.watch.is_strict)

    remaking = False
    adding: Any = None
    removing: Any = None

    def _remake_table(
        self, model: Any, create_field: Any = None, delete_field: Any = None, alter_fields: Any = None
    ) -> None:
        if self.is_strict:
            self._refuse_hidden(model, alter_fields or ())
        self.remaking = True
        try:
            super()._remake_table(model, create_field, delete_field, alter_fields or [])
        finally:
            self.remaking = False

    def _refuse_hidden(self, model: Any, altered: Iterable[tuple[Any, Any]]) -> None:
        """Refuses a remake that adds or loses a column without an operation for it; notes the other differences that it removes."""
        table = model._meta.db_table
        with self.connection.cursor() as cursor:
            found = shape_of(cursor, table)
        if found is None:
            raise Refused(f"no such table: {table}")
        wanted = self.expected(model)
        columns = frozenset(field.column for pair in altered for field in pair if field.column)
        found, wanted = found.without_parts_on(columns), wanted.without_parts_on(columns)
        others = sorted(found.columns.keys() ^ wanted.columns.keys())
        if others and self.connection.watch.is_sqlite:
            said = (
                f"{table}.{name} is {'unexpected' if name in found.columns else 'missing'}" for name in others
            )
            raise Refused(f"SQLite recreates {table} from models with other columns: {'; '.join(said)}")
        for name in others:
            self.connection.watch.changed(table, name)  # only SQLite loses its values
            more = name in found.columns
            what = ProblemKind.PART_UNEXPECTED if more else ProblemKind.PART_LACKING
            self.connection.watch.healed(table, name, Problem.of(what, "column", table, name))
        ignored = self._of_constraint(model) | self._deferred(table, wanted)
        for name, kind in found.columns.items():
            if kind != wanted.columns.get(name, kind):
                problem = Problem.of(ProblemKind.COLUMN_DIFFERS, table, name, kind, wanted.columns[name])
                self.connection.watch.healed(table, name, problem)
        for text in found.parts.keys() ^ wanted.parts.keys():
            problem = part_problem(table, text, lacks=text not in found.parts)
            if problem not in ignored:
                self.connection.watch.healed(table, text, problem)

    def _deferred(self, table: str, wanted: Shape) -> set[Problem]:
        """The indexes which the same migration will create later."""
        waiting = [
            each for each in self.deferred_sql if getattr(each, "references_table", lambda _: False)(table)
        ]
        return {
            part_problem(table, text, lacks=True)
            for text, columns in wanted.parts.items()
            for each in waiting
            if columns and all(each.references_column(table, column) for column in columns)
        }

    def _of_constraint(self, model: Any) -> set[Problem]:
        """The constraint being added or removed."""
        table, found = model._meta.db_table, set[Problem]()
        for constraint, lacks in ((self.adding, True), (self.removing, False)):
            if constraint is None:
                continue
            others = [each for each in model._meta.constraints if each.name != constraint.name]
            without = self.expected(model, others)
            with_it = self.expected(model, [*others, constraint])
            parts = with_it.parts.keys() - without.parts.keys()
            found |= {part_problem(table, text, lacks=lacks) for text in parts}
        return found

    def expected(self, model: Any, constraints: Any = None) -> Shape:
        return shape_of_model(model, constraints)

    def _columns(self, model: Any) -> set[str]:
        with self.connection.cursor() as cursor:
            shape = shape_of(cursor, model._meta.db_table)
        return {name.lower() for name in shape.columns} if shape else set()


def has_column(field: Any) -> bool:
    """Whether the field has a column. A many-to-many field has a column name but no column."""
    return bool(field.column) and not field.many_to_many


_shapes: dict[int, tuple[Any, Shape]] = {}
MOST_SHAPES = 20_000


def forget_shapes() -> None:
    _shapes.clear()


def shape_of_model(model: Any, constraints: Any = None) -> Shape:
    """The table that Django creates for the model: created temporarily in another database and inspected."""
    known = _shapes.get(id(model)) if constraints is None else None
    if known is not None:
        return known[1]
    connection = connections[SCRATCH]
    own = model._meta.constraints
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            if constraints is not None:
                model._meta.constraints = constraints
            editor = PlainEditor(connection, atomic=False)
            editor.deferred_sql = []
            sql, parameters = editor.table_sql(model)
            cursor.execute(str(sql), parameters or None)
            statements = [*editor._model_indexes_sql(model), *editor.deferred_sql]
            for statement in statements:
                cursor.execute(str(statement))
            shape = shape_of(cursor, model._meta.db_table)
        finally:
            model._meta.constraints = own
            cursor.execute("ROLLBACK")
    assert shape is not None
    if constraints is None:
        if len(_shapes) > MOST_SHAPES:
            _shapes.clear()
        _shapes[id(model)] = (model, shape)
    return shape
