"""Rows in every table before a plan is applied, to detect lost and changed values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.utils import DatabaseError

from stitchback.model.problems import Problem, ProblemKind
from stitchback.rehearsal.shapes import quoted, tables_of

Values = dict[str, dict[Any, dict[str, Any]]]  # table -> primary key -> column -> value
MOST_PASSES = 12  # over rows with dangling foreign keys


Name = tuple[str, str]
DataRun = tuple[Name, str]  # the migration, and the identity of its data operation


@dataclass(slots=True)
class RowWatch:
    """Watches one database. `changes`: table -> columns that an operation alters or removes; None among them: the whole table. `is_strict`: whether
    failures are refused; `is_sqlite`: also failures that only SQLite has. `debts`: differences that a table remake removed and no operation has
    removed yet, by table and column (or index or constraint, as in `Shape.parts`): a database of another backend would still have them."""

    data: list[DataRun] = field(default_factory=list)
    changes: dict[str, set[str | None]] = field(default_factory=dict)
    ran: list[Name] = field(default_factory=list)
    running: Name | None = None
    operation: tuple[str, ...] = ()  # the running one: its class, its model and its name
    is_strict: bool = False
    is_sqlite: bool = True
    debts: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def data_operation(self, identity: str) -> None:
        self.data.append((self.running or ("", ""), identity))

    def changed(self, table: str, column: str | None) -> None:
        self.changes.setdefault(table.lower(), set()).add(column.lower() if column else None)
        self.set_by_operation(table, column)

    def healed(self, table: str, what: str, problem: Problem) -> None:
        self.debts.setdefault((table.lower(), what), problem)

    def owes(self, table: str, what: str) -> bool:
        return (table.lower(), what) in self.debts

    def set_by_operation(self, table: str, what: str | None) -> None:
        """Records that an operation has set this part of the table as in the models: a column, an index or a constraint, or all of one kind; `what` None:
        the whole table."""
        for place in list(self.debts):
            if place[0] == table.lower() and what in (None, place[1], place[1].partition(" ")[0]):
                del self.debts[place]

    def progress(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """The executor's `progress_callback`."""
        if action == "apply_start":
            self.running, self.operation = (migration.app_label, migration.name), ()
        elif action == "apply_success":
            self.ran.append((migration.app_label, migration.name))
            self.running = None


def fill(connection: Any, rows: int) -> None:
    """Inserts up to `rows` rows into each table: the first without NULL, the second with NULL wherever a column allows it."""
    with connection.cursor() as cursor:
        for number in range(1, rows + 1):
            for table in tables_of(cursor):
                _insert(cursor, table, number)
        _take_out_what_leads_nowhere(cursor)


def _insert(cursor: Any, table: str, number: int) -> None:
    cursor.execute(f"PRAGMA table_xinfo({quoted(table)})")
    columns = [row for row in cursor.fetchall() if not row[6]]
    cursor.execute(f"PRAGMA foreign_key_list({quoted(table)})")
    keys = {row[3] for row in cursor.fetchall()}
    values: dict[str, Any] = {}
    for _, name, kind, not_null, _, key, _ in columns:
        if number > 1 and not not_null and not key:
            values[name] = None
        else:
            values[name] = _value(kind.lower(), number, name in keys)
    names = ", ".join(map(quoted, values))
    places = ", ".join("%s" for _ in values)
    try:
        cursor.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES ({places})", list(values.values()))
    except (DatabaseError, sqlite3.Error):
        return  # a check constraint rejects these values: the table stays unchanged


def _value(kind: str, number: int, is_reference: bool) -> Any:
    if is_reference or any(word in kind for word in ("int", "serial")):
        return number
    if "bool" in kind:
        return number % 2
    if any(word in kind for word in ("real", "decimal", "numeric", "double", "float")):
        return number
    if kind == "datetime":
        return f"2001-01-0{number} 00:00:00"
    if kind == "date":
        return f"2001-01-0{number}"
    if kind == "time":
        return f"0{number}:00:00"
    if "blob" in kind:
        return b"%d" % number
    if kind in ("char(32)", "uuid"):
        return f"{number:032x}"
    if "inet" in kind or kind == "char(39)":
        return f"127.0.0.{number}"
    return f'"{number}"' if "text" in kind else str(number)


def _take_out_what_leads_nowhere(cursor: Any) -> None:
    for _ in range(MOST_PASSES):
        cursor.execute("PRAGMA foreign_key_check")
        found = [(table, row) for table, row, *_ in cursor.fetchall() if row is not None]
        for table, row in found:
            cursor.execute(f"DELETE FROM {quoted(table)} WHERE rowid = %s", [row])
        if not found:
            return


def values_of(connection: Any) -> Values:
    """Every row of the tables with a single-column primary key, by that key."""
    found: Values = {}
    with connection.cursor() as cursor:
        for table in tables_of(cursor):
            cursor.execute(f"PRAGMA table_xinfo({quoted(table)})")
            columns = [row for row in cursor.fetchall() if not row[6]]
            keys = [row[1] for row in columns if row[5]]
            names = [row[1] for row in columns]
            cursor.execute(f"SELECT {', '.join(map(quoted, names))} FROM {quoted(table)}")
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            if len(keys) == 1:
                found[table] = {row[keys[0]]: row for row in rows}
    return found


def lost_values(before: Values, after: Values, changes: Mapping[str, set[str | None]]) -> Iterator[Problem]:
    """The values that differ from before although no operation altered or removed their column."""
    for table, rows in sorted(before.items()):
        touched = changes.get(table.lower(), set())
        if None in touched or table not in after:
            continue
        for key, row in rows.items():
            now = after[table].get(key)
            if now is None:
                yield Problem.of(ProblemKind.ROW_LOST, table)
                break
            for name, value in sorted(row.items()):
                if name.lower() in touched or name not in now or now[name] == value:
                    continue
                yield Problem.of(ProblemKind.VALUE_LOST, table, name, repr(value), repr(now[name]))
