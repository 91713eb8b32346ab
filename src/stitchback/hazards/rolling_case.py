"""What the rolling rules work on: the code of one release, and the schemas of a database on its way from an old release to a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Span
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import text
from stitchback.schema.compatibility import (
    Incompatibility,
    MissingColumn,
    MissingTable,
    UnfilledColumn,
    Usage,
    code_tables,
    incompatibilities,
)
from stitchback.schema.effects import RenameColumn, RenameTable

if TYPE_CHECKING:
    from stitchback.engine.rolling_stops import RollingPath, RollingStop

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RollingCase:
    """`is_new_code`: the code of the new release is deployed before the migrations; else that of the old one runs until the deploy has ended.
    `paths`: by the vendor of the database engine. `large_tables`: names of the configuration. `refs`: as the user named them."""

    old: Tree
    new: Tree
    old_models: SchemaState
    new_models: SchemaState
    paths: Mapping[str, RollingPath]
    is_new_code: bool = False
    large_tables: frozenset[str] = frozenset()
    refs: str = "OLD..NEW"
    _answers: dict[object, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def once(self, question: Callable[[RollingCase], T]) -> T:
        """The answer, worked out once for the whole case."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: T = self._answers[question]
        return answer

    @property
    def code_ref(self) -> str:
        return self.new.ref if self.is_new_code else self.old.ref

    @property
    def code(self) -> SchemaState:
        """The models of the code that runs."""
        return self.new_models if self.is_new_code else self.old_models

    @property
    def breaks(self) -> tuple[Break, ...]:
        return self.once(_breaks)

    def field(self, usage: Usage) -> Field | None:
        """The field of the code."""
        return field_of(self.code, usage.model, usage.field)

    def new_field(self, usage: Usage) -> Field | None:
        """The field of that name in the new release."""
        return field_of(self.new_models, usage.model, usage.field)

    def new_column(self, table: str, column: str) -> tuple[str, Field | None]:
        """The field of the new release that has the column, with its name."""
        for each in code_tables(self.new_models):
            if each.name == table and column in each.fields:
                name = each.fields[column]
                return name, field_of(self.new_models, each.model, name)
        return column, None

    def span(self, key: MigrationKey, *words: str) -> Span:
        """The operation of the migration that names most of the words."""
        return span_of(self.new.migrations[key], frozenset(word.lower() for word in words if word))


@dataclass(frozen=True, slots=True)
class Break:
    """An incompatibility. `at`: the migration with which it begins, or, for code that is deployed before the migrations, the one that ends it.
    `until`: the migration with which it ends for old code, None if it stays. `engines`: those that have it, () for all that are configured.
    `renamed`: what the missing table or column is called now, "" if it is gone."""

    found: Incompatibility
    at: MigrationKey
    until: MigrationKey | None
    engines: tuple[str, ...]
    renamed: str = ""

    @property
    def on_engines(self) -> str:
        return f" on {', '.join(self.engines)}" if self.engines else ""


Occurrence = tuple[Incompatibility, MigrationKey, MigrationKey | None, str]


def _breaks(case: RollingCase) -> tuple[Break, ...]:
    """Each incompatibility once, with the engines that have it at the same migrations."""
    engines: dict[Occurrence, list[str]] = {}
    paths = {engine: path for engine, path in case.paths.items() if path.has_start}
    for engine, path in paths.items():
        for occurrence in _occurrences(case, path, engine):
            engines.setdefault(occurrence, []).append(engine)
    return tuple(
        Break(found, at, until, () if len(names) == len(paths) else tuple(names), renamed)
        for (found, at, until, renamed), names in engines.items()
    )


def _occurrences(case: RollingCase, path: RollingPath, engine: str) -> Iterator[Occurrence]:
    """Without what the code's own release has: that no migration of the way causes."""
    schemas = (path.start, *(stop.schema for stop in path.stops))
    renames = Renames.of(path.stops)
    known = {(table.name, column) for table in code_tables(case.code) for column in table.table.columns}
    moments = [dict.fromkeys(incompatibilities(case.code, schema, engine)) for schema in schemas]
    own = moments[-1] if case.is_new_code else moments[0]
    for found in dict.fromkeys(each for moment in moments for each in moment):
        if found in own or _is_renamed(found, renames, known):
            continue
        first = next(place for place, moment in enumerate(moments) if found in moment)
        last = next((place for place in range(first, len(moments)) if found not in moments[place]), None)
        until = path.stops[last - 1].key if last is not None else None
        if case.is_new_code:
            assert until is not None, "the new code fits its own schema"
            yield found, until, None, ""
        else:
            yield found, path.stops[first - 1].key, until, renames.now(found)


def _is_renamed(found: Incompatibility, renames: Renames, known: set[tuple[str, str]]) -> bool:
    """Whether a column that the code does not fill is one that it knows by its old name: that is missing, too."""
    if not isinstance(found, UnfilledColumn):
        return False
    return any((found.usage.table, old) in known for old in renames.before(found.usage.table, found.column))


@dataclass(frozen=True, slots=True)
class Renames:
    """Tables and columns that were renamed on the way: (table, column) -> the new column, and table -> the new table."""

    columns: Mapping[tuple[str, str], str]
    tables: Mapping[str, str]

    @classmethod
    def of(cls, stops: tuple[RollingStop, ...]) -> Renames:
        effects = [effect for stop in stops for effect in stop.effects]
        columns = {
            (each.table, each.before): each.after for each in effects if isinstance(each, RenameColumn)
        }
        tables = {each.before: each.after for each in effects if isinstance(each, RenameTable)}
        return cls(columns, tables)

    def now(self, found: Incompatibility) -> str:
        match found:
            case MissingTable(usage=usage):
                return self.tables.get(usage.table, "")
            case MissingColumn(usage=usage, column=column):
                return self.columns.get((usage.table, column), "")
            case _:
                return ""

    def before(self, table: str, column: str) -> Iterator[str]:
        """The names that the column had."""
        for (other, old), new in self.columns.items():
            if (other, new) == (table, column):
                yield old


def field_of(state: SchemaState, key: ModelKey, name: str) -> Field | None:
    model = state.models.get(key)
    found = model.field(name) if model is not None else None
    return found if isinstance(found, Field) else None


def span_of(migration: Migration, words: frozenset[str]) -> Span:
    operations = [each for each in migration.operations if isinstance(each, Operation)]
    best = max(operations, key=lambda each: len(words & _named(each)), default=None)
    return best.span if best is not None and best.span.path == migration.path else Span(migration.path)


def _named(operation: Operation) -> frozenset[str]:
    inner = (*operation.state, *operation.database)
    own = {(text(value) or "").lower() for _, value in operation.arguments}
    return frozenset(own).union(*(_named(each) for each in inner if isinstance(each, Operation)))
