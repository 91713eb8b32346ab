"""Inserts rows with a distinct value in every column, so that a recreated column is detected (FACTS F31).

Two rows a table, in nullable columns and many-to-many tables too, all in one transaction. Existing rows stay.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from . import rows, schema
from .definitions import normal, tokens
from .distinct_values import own_value

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (1, 2)
LARGEST_SEARCH = 400  # rows tried where check constraints refuse the first


def fill(known: dict[str, list[str]] | None = None) -> list[str]:
    """Fills tables without rows. In tables that have rows, the columns that `known` (table -> columns) does not name get
    values of their own too. Returns what could not be filled, in words."""
    from django.db import connection, transaction

    connection.disable_constraint_checking()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            filler = Filler(cursor)
            filler.fill(known or {})
            connection.check_constraints()
    finally:
        connection.enable_constraint_checking()
    return [f"{table}: {problem}" for table, problem in sorted(filler.left.items())]


class Filler:
    """The tables of the current database, with the rows that they have or get."""

    def __init__(self, cursor: Any) -> None:
        from django.db import connection

        self.cursor = cursor
        self.quote = connection.ops.quote_name
        self.tables = schema.read()["tables"]
        self.rows = {table: rows.raw_rows(cursor, table) for table in self.tables}
        self.targets = {
            table: {
                column: (target[1], target[0])
                for column, target in connection.introspection.get_relations(cursor, table).items()
            }
            for table in self.tables
        }
        self.done: set[str] = set()
        self.left: dict[str, str] = {}  # table -> why it could not be filled

    def fill(self, known: dict[str, list[str]]) -> None:
        """Existing rows are read before anything is written, so that references find them."""
        for table in sorted(self.tables):
            if not self.rows[table]:
                self.insert(table)
            elif table in known:
                self.update(table, known[table])

    def insert(self, table: str) -> None:
        """What the table refers to comes first: where that could not be filled, the reference stays empty."""
        if table in self.done:
            return
        self.done.add(table)
        for target, _ in self.targets[table].values():
            if target in self.tables and not self.rows[target]:
                self.insert(target)
        for row in ROWS:
            values = self.values(table, row)
            problem = self.attempt(table, values)
            if problem and not self.attempt_others(table, values, row) and row == ROWS[0]:
                self.left[table] = problem
                return

    def values(self, table: str, row: int) -> dict[str, Any]:
        """Columns that the engine computes are left out."""
        columns = self.tables[table]["columns"]
        return {
            name: self.value(table, name, row) for name, what in columns.items() if "generated" not in what
        }

    def value(self, table: str, column: str, row: int, seen: tuple[tuple[str, str], ...] = ()) -> Any:
        """A reference's value is what the row that it refers to has, or will have."""
        target = self.targets[table].get(column)
        if target is None or target[0] not in self.tables or (table, column) in seen:
            return self.plain_value(table, column, row)
        there, key = target
        if there in self.left:
            return None
        if self.rows[there]:
            return self.rows[there][(row - 1) % len(self.rows[there])].get(key)
        return self.value(there, key, row, (*seen, (table, column)))

    def plain_value(self, table: str, column: str, row: int) -> Any:
        kind = self.tables[table]["columns"][column]["type"]
        if any(f"json_valid ( {normal(column)} )" in check for check in self.checks(table)):
            kind = "json"
        return own_value(kind, table, column, row)

    def checks(self, table: str) -> list[str]:
        checks: list[str] = self.tables[table]["checks"]
        return checks

    def attempt(self, table: str, values: dict[str, Any]) -> str:
        """Nothing where the row was taken, else what the engine says."""
        from django.db import DatabaseError, transaction

        names = ", ".join(map(self.quote, values))
        places = ", ".join(["%s"] * len(values))
        try:
            with transaction.atomic():
                self.cursor.execute(
                    f"INSERT INTO {self.quote(table)} ({names}) VALUES ({places})", list(values.values())
                )
        except DatabaseError as error:
            return " ".join(str(error).split())
        return ""

    def attempt_others(self, table: str, values: dict[str, Any], row: int) -> bool:
        """With values that the check constraints speak of. True where one was taken."""
        choices = self.choices(table, values)
        starts = [[*found[row - 1 :], values[name]] for name, found in choices.items()]
        tries = (dict(zip(choices, chosen)) for chosen in itertools.product(*starts))  # noqa: B905 - Python 3.10
        for other in itertools.islice(tries, LARGEST_SEARCH):
            if not self.attempt(table, {**values, **other}):
                return True
        return False

    def choices(self, table: str, values: dict[str, Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for check in self.checks(table):
            words = tokens(check)
            literals = list(_literals(words))
            for name in values:
                if normal(name) in words and literals:
                    found.setdefault(name, []).extend(literals)
        return found

    def number(self, table: str, row: dict[str, Any], place: int) -> int:
        """Which of our rows it is, so that a column gets the value that it would have been inserted with."""
        for number in ROWS:
            if all(
                row[name] == self.value(table, name, number) for name in self.tables[table]["primary_key"]
            ):
                return number
        return place

    def update(self, table: str, known: list[str]) -> None:
        """New columns of rows that were there before."""
        from django.db import DatabaseError, transaction

        key = self.tables[table]["primary_key"]
        new = [name for name in self.values(table, 1) if name not in {*known, *key}]
        if not new or not key:
            return
        assignments = ", ".join(f"{self.quote(name)} = %s" for name in new)
        where = " AND ".join(f"{self.quote(name)} = %s" for name in key)
        for place, old in enumerate(self.rows[table], start=1):
            number = self.number(table, old, place)
            values = [self.value(table, name, number) for name in new]
            try:
                with transaction.atomic():
                    self.cursor.execute(
                        f"UPDATE {self.quote(table)} SET {assignments} WHERE {where}",
                        [*values, *(old[name] for name in key)],
                    )
            except DatabaseError as error:
                self.left[table] = " ".join(str(error).split())
                return


def _literals(words: list[str]) -> Iterator[Any]:
    """The strings and numbers of a check, and the numbers beside them."""
    for word in words:
        if word[0] == "'":
            yield word[1:-1].replace("''", "'")
        elif word.isdigit():
            yield from (int(word), int(word) + 1, int(word) - 1)
