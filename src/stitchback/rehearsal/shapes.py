"""SQLite tables in a form that can be compared: without the order of columns and without generated names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stitchback.model.problems import Problem, ProblemKind
from stitchback.upgrades.checks import differences_by_name

OWN_TABLES = ("django_migrations",)
CHECK = re.compile(r"(?:CONSTRAINT\s+\"((?:[^\"]|\"\")*)\"\s+)?CHECK\s*\(", re.IGNORECASE)
COLUMN_QUALIFIER = re.compile(r'"[^"]*"\.(?=")')


@dataclass(frozen=True, slots=True)
class Shape:
    """One table. `columns`: name -> type, null, part of the primary key. `parts`: everything else, each part as a line of text with the columns that
    it concerns."""

    columns: Mapping[str, str]
    parts: Mapping[str, frozenset[str]]

    def without_parts_on(self, columns: frozenset[str]) -> Shape:
        rest = {text: on for text, on in self.parts.items() if not on & columns}
        return Shape({name: kind for name, kind in self.columns.items() if name not in columns}, rest)


def quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def tables_of(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%%' ESCAPE '\\'"
    )
    return sorted(name for (name,) in cursor.fetchall() if name not in OWN_TABLES)


def shape_of(cursor: Any, table: str) -> Shape | None:
    """The shape of a table; None if the table does not exist."""
    cursor.execute(
        "SELECT sql, name FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(%s)", [table]
    )
    row = cursor.fetchone()
    if row is None:
        return None
    sql, name = row
    columns: dict[str, str] = {}
    cursor.execute(f"PRAGMA table_xinfo({quoted(name)})")
    for _, column, kind, not_null, _, key, hidden in cursor.fetchall():
        said = [kind.lower(), "not null" if not_null else "null"]
        said += ["primary key"] if key else []
        said += ["generated"] if hidden else []
        columns[column] = " ".join(said)
    parts = dict(indexes_of(cursor, name))
    cursor.execute(f"PRAGMA foreign_key_list({quoted(name)})")
    for _, _, there, here, target, *_ in cursor.fetchall():
        parts[f"foreign key {here} to {there}.{target}"] = frozenset({here})
    for check in checks_in(sql, name):
        parts[f"check {check}"] = frozenset(each for each in columns if quoted(each) in check)
    return Shape(columns, parts)


def indexes_of(cursor: Any, table: str) -> Iterator[tuple[str, frozenset[str]]]:
    cursor.execute(f"PRAGMA index_list({quoted(table)})")
    for _, index, unique, origin, _ in cursor.fetchall():
        if origin == "pk":
            continue
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = %s", [index])
        sql = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA index_xinfo({quoted(index)})")
        rows = [row for row in cursor.fetchall() if row[5]]
        names = frozenset(row[2] for row in rows if row[2])
        if sql:
            body = COLUMN_QUALIFIER.sub("", sql[sql.index("(") :])
        else:
            body = "(" + ", ".join(quoted(row[2] or "") for row in rows) + ")"
        yield f"{'unique' if unique else 'index'} {' '.join(body.split())}", names


def checks_in(sql: str, table: str) -> Iterator[str]:
    """Every CHECK of a CREATE TABLE, without its name."""
    for found in CHECK.finditer(sql):
        body = sql[found.end() - 1 : closing(sql, found.end() - 1)]
        yield " ".join(COLUMN_QUALIFIER.sub("", body).split())


def closing(text: str, start: int) -> int:
    """The index of the bracket that closes the one at `start`."""
    depth, place, quote = 0, start, ""
    while place < len(text):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return len(text)


def schema_of(cursor: Any) -> dict[str, Shape]:
    found = {name: shape_of(cursor, name) for name in tables_of(cursor)}
    return {name.lower(): shape for name, shape in found.items() if shape is not None}


def differences(table: str, found: Shape | None, wanted: Shape | None) -> Iterator[Problem]:
    """How the table differs from the expected one."""
    if found is None or wanted is None:
        if found is not wanted:
            lacks = found is None
            yield Problem.of(ProblemKind.TABLE_LACKING if lacks else ProblemKind.TABLE_UNEXPECTED, table)
        return

    def differing(name: str, has: str, should: str) -> tuple[Problem]:
        return (Problem.of(ProblemKind.COLUMN_DIFFERS, table, name, has, should),)

    kinds = ProblemKind.PART_LACKING, ProblemKind.PART_UNEXPECTED
    yield from differences_by_name(found.columns, wanted.columns, kinds, differing, "column", table)
    for text in sorted(found.parts.keys() ^ wanted.parts.keys()):
        yield part_problem(table, text, lacks=text not in found.parts)


def part_problem(table: str, text: str, *, lacks: bool) -> Problem:
    """An index or a constraint that the table lacks, or should not have."""
    kind = ProblemKind.DEFINITION_LACKING if lacks else ProblemKind.DEFINITION_UNEXPECTED
    return Problem.of(kind, table, text)


def schema_differences(found: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> list[Problem]:
    return [
        problem
        for name in sorted({*found, *wanted})
        for problem in differences(name, found.get(name), wanted.get(name))
    ]
