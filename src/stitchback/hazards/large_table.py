"""SB328: what an effect costs on a table with many rows: work in which the engine copies or reads all of them.

Source: the notes of PostgreSQL's ALTER TABLE, MySQL's and MariaDB's tables of online DDL operations, SQLite's ALTER TABLE (SB328 has the addresses), and the SQL that
the `DatabaseSchemaEditor` of each of Django's backends writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.physical import IndexDefinition
from stitchback.model.values import Call, text
from stitchback.schema.column_values import ColumnShape, read_shape
from stitchback.schema.effects import AddColumn, AlterColumn, CreateConstraint, CreateIndex, Effect, Remake

if TYPE_CHECKING:
    from stitchback.engine.rolling_stops import RollingStop

REWRITES = "copies all rows, and blocks reads and writes meanwhile"
COPIES = "copies all rows, and blocks writes meanwhile"
COPIES_ON_MYSQL = f"{COPIES} (MariaDB 10.4 does not)"
REBUILDS = "copies all rows in place; writes go on"
READS_ALONE = "reads all rows, and blocks reads and writes meanwhile"
READS = "reads all rows, and blocks writes meanwhile"
BYTES_OF_A_CHARACTER = 4  # utf8mb4
ONE_LENGTH_BYTE = 255
VOLATILE = ("random", "uuid", "clock")

ENGINES = {"postgresql": "PostgreSQL", "mysql": "MySQL and MariaDB", "sqlite": "SQLite", "oracle": "Oracle"}
GENTLE = {"AddIndexConcurrently": "index", "AddConstraintNotValid": "constraint"}  # on PostgreSQL


def table_work(effect: Effect, engine: str) -> str:
    """In words; "" for a change of metadata alone, and for what is unknown. `engine`: Django's vendor."""
    if isinstance(effect, Remake):
        return REWRITES if engine == "sqlite" and effect.span else ""
    if engine == "postgresql":
        return _on_postgresql(effect)
    return _on_mysql(effect) if engine == "mysql" else ""


def _on_postgresql(effect: Effect) -> str:
    match effect:
        case AddColumn(shape=text, indexes=indexes):
            return _new_column_on_postgresql(read_shape(text), indexes)
        case AlterColumn(before=before, after=after):
            return _altered_on_postgresql(read_shape(before), read_shape(after))
        case CreateIndex(definition=definition):
            return READS_ALONE if definition.kind == "unique" else READS
        case CreateConstraint(definition=definition):
            by_index = definition.kind == "unique" and not definition.is_plain
            return READS if by_index else READS_ALONE
        case _:
            return ""


def _new_column_on_postgresql(shape: ColumnShape, indexes: Sequence[IndexDefinition]) -> str:
    if shape.is_generated or any(word in shape.default.lower() for word in VOLATILE):
        return REWRITES
    if any(index.kind == "unique" for index in indexes) or shape.kind.startswith("Positive"):
        return READS_ALONE
    return READS if indexes or shape.constrained else ""


def _altered_on_postgresql(before: ColumnShape, after: ColumnShape) -> str:
    is_free = _is_longer_text(before, after) or _has_more_digits(before, after)
    if _has_other_type(before, after) and not is_free:
        return REWRITES
    if before.null and not after.null:
        return READS_ALONE
    return READS if after.constrained and not before.constrained else ""


def _has_other_type(before: ColumnShape, after: ColumnShape) -> bool:
    return before.type_text != after.type_text and "reference" not in (before.kind, after.kind)


def _is_longer_text(before: ColumnShape, after: ColumnShape) -> bool:
    longer = after.size is not None and before.size is not None and before.size <= after.size
    return before.kind == "varchar" and (longer or after.kind == "TextField")


def _has_more_digits(before: ColumnShape, after: ColumnShape) -> bool:
    decimals = before.kind == after.kind == "DecimalField"
    return decimals and before.places == after.places and (before.digits or 0) <= (after.digits or 0)


def _on_mysql(effect: Effect) -> str:
    match effect:
        case AddColumn(shape=text):
            shape = read_shape(text)
            return COPIES if shape.constrained or shape.is_generated else ""
        case AlterColumn(before=before, after=after):
            return _altered_on_mysql(read_shape(before), read_shape(after))
        case CreateConstraint(definition=definition):
            return COPIES if definition.kind == "check" else ""
        case _:
            return ""


def _altered_on_mysql(before: ColumnShape, after: ColumnShape) -> str:
    is_longer = before.kind == after.kind == "varchar" and _is_longer_text(before, after)
    if is_longer and _length_bytes(before) != _length_bytes(after):
        return COPIES_ON_MYSQL
    if _has_other_type(before, after) and not is_longer:
        return COPIES
    if after.constrained and not before.constrained:
        return COPIES
    return REBUILDS if before.null != after.null else ""


def _length_bytes(shape: ColumnShape) -> int:
    return 1 if (shape.size or 0) * BYTES_OF_A_CHARACTER <= ONE_LENGTH_BYTE else 2


class LargeTable:
    """A migration copies or reads all rows of a table that the configuration calls large (`large_tables`)."""

    code = "SB328"
    severity = Severity.WARNING
    remedy = "Migrate when little is written, or use the engine's own way: `stitchback explain SB328`."

    def find(self, case: RollingCase) -> Iterator[Finding]:
        works: dict[tuple[str, str, str], list[str]] = {}
        spans = {}
        for engine, path in case.paths.items():
            for stop in path.stops:
                migration = case.new.migrations[stop.key]
                for effect, work in _works(case, stop, migration, engine):
                    table = str(getattr(effect, "table", ""))
                    message = f"{stop.key} changes {_object(effect, table)}"
                    engines = works.setdefault((str(stop.key), message, work), [])
                    engines += [ENGINES[engine]] if ENGINES[engine] not in engines else []
                    spans[message] = case.span(stop.key, *_words(case, effect, table))
        for (_, message, work), engines in works.items():
            text = f"{message}: {' and '.join(engines)} {_verb(work, engines)}"
            yield Finding(self.code, self.severity, case.new.ref, spans[message], text, self.remedy)


def _works(
    case: RollingCase, stop: RollingStop, migration: Migration, engine: str
) -> Iterator[tuple[Effect, str]]:
    gentle = frozenset(_gentle(migration)) if engine == "postgresql" else frozenset[str]()
    for effect in stop.effects:
        table = getattr(effect, "table", None)
        if (
            isinstance(table, str)
            and table in case.large_tables
            and getattr(effect, "name", None) not in gentle
        ):
            work = table_work(effect, engine)
            if work:
                yield effect, work


def _gentle(migration: Migration) -> Iterator[str]:
    """Names of indexes and constraints that are added without a long lock."""
    for operation in migration.operations:
        if isinstance(operation, Operation) and operation.kind in GENTLE:
            value = operation.argument(GENTLE[operation.kind])
            if isinstance(value, Call):
                yield text(value.kwarg("name")) or ""


def _object(effect: Effect, table: str) -> str:
    column, name = getattr(effect, "column", ""), getattr(effect, "name", "")
    if column:
        return f"column {table}.{column}"
    return f"{name} of table {table}" if name else f"table {table}"


def _words(case: RollingCase, effect: Effect, table: str) -> tuple[str, ...]:
    column = str(getattr(effect, "column", ""))
    return (column, case.new_column(table, column)[0], str(getattr(effect, "name", "")))


def _verb(work: str, engines: list[str]) -> str:
    """The words of `table_work` are of one engine."""
    if len(engines) == 1 and " and " not in engines[0]:
        return work
    plural = {"copies": "copy", "reads": "read", "blocks": "block"}
    return " ".join(
        plural.get(word, word) if place in (0, 4) else word for place, word in enumerate(work.split(" "))
    )
