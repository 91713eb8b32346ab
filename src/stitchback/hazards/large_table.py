"""SB328."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.values import Call, text
from stitchback.schema.effects import Effect
from stitchback.schema.table_work import table_work

if TYPE_CHECKING:
    from stitchback.engine.rolling_stops import RollingStop

ENGINES = {"postgresql": "PostgreSQL", "mysql": "MySQL and MariaDB", "sqlite": "SQLite", "oracle": "Oracle"}
GENTLE = {"AddIndexConcurrently": "index", "AddConstraintNotValid": "constraint"}  # on PostgreSQL


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
