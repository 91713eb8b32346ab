"""SQLite's schema: its PRAGMAs, and the SQL of CREATE TABLE for what they do not show (checks, collations, AUTOINCREMENT, generated columns, deferred
foreign keys)."""

from __future__ import annotations

from typing import Any

from .definitions import closing, empty_table, named, normal, split, tokens, unwrapped

TABLE_WORDS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def read(connection: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")
        schema_objects = cursor.fetchall()
        tables = {
            name: _table(cursor, name, sql)
            for kind, name, sql in schema_objects
            if kind == "table" and not name.startswith("sqlite_")
        }
    others = {name: normal(sql) for kind, name, sql in schema_objects if kind in ("view", "trigger")}
    return {"tables": tables, "views": others}


def _table(cursor: Any, name: str, sql: str) -> dict[str, Any]:
    table: dict[str, Any] = empty_table()
    definitions, constraints = _parsed(sql)
    keys = {}
    cursor.execute(f"PRAGMA table_xinfo({_quoted(name)})")
    for _, column, kind, not_null, default, key, hidden in cursor.fetchall():
        table["columns"][column] = _column(kind, not_null, default, hidden, definitions.get(column, []))
        if key:
            keys[key] = column
    table["primary_key"] = [keys[place] for place in sorted(keys)]
    _read_indexes(cursor, name, table)
    table["foreign_keys"] = _foreign_keys(cursor, name, sql)
    table["checks"] = [check for words in definitions.values() for check in _checks(words, None)]
    table["checks"] += [check for words in constraints for check in _checks(words, _name_of(words))]
    return table


def _column(kind: str, not_null: int, default: str | None, hidden: int, words: list[str]) -> dict[str, str]:
    found = {"type": kind.lower(), "null": "not null" if not_null else "null"}
    if default is not None:
        found["default"] = normal(default)
    upper = [word.upper() for word in words]
    if "COLLATE" in upper:
        found["collation"] = words[upper.index("COLLATE") + 1].lower()
    if "AUTOINCREMENT" in upper:
        found["identity"] = "autoincrement"
    if hidden in (2, 3) and "AS" in upper:
        start = upper.index("AS") + 1
        stored = "stored" if hidden == 3 else "virtual"
        found["generated"] = "{} {}".format(
            normal(" ".join(words[start : closing(words, start) + 1])), stored
        )
    return found


def _read_indexes(cursor: Any, name: str, table: dict[str, Any]) -> None:
    cursor.execute(f"PRAGMA index_list({_quoted(name)})")
    for _, index, unique, origin, _partial in cursor.fetchall():
        if origin == "pk":
            continue
        columns, definition = _index(cursor, index)
        table["uniques" if unique else "indexes"].append(named(index, definition, columns))


def _index(cursor: Any, index: str) -> tuple[tuple[str, ...], str]:
    """Column names, and the definition as in CREATE INDEX: columns, order, collation, condition."""
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = %s", [index])
    sql = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA index_xinfo({_quoted(index)})")
    columns = [row for row in cursor.fetchall() if row[5]]
    names = tuple(row[2] or "" for row in columns)
    if sql:
        words = tokens(sql)
        start = words.index("(")
        return names, normal(" ".join(words[start:]))
    parts = [name + (" desc" if row[3] else "") for name, row in zip(names, columns, strict=False)]
    return names, " , ".join(parts)


def _foreign_keys(cursor: Any, name: str, sql: str) -> list[str]:
    cursor.execute(f"PRAGMA foreign_key_list({_quoted(name)})")
    grouped: dict[int, list[tuple[Any, ...]]] = {}
    for row in cursor.fetchall():
        grouped.setdefault(row[0], []).append(row)
    return [_foreign_key(rows) for rows in grouped.values()]


def _foreign_key(rows: list[tuple[Any, ...]]) -> str:
    rows = sorted(rows, key=lambda row: row[1])
    here = ", ".join(row[3] for row in rows)
    there = ", ".join(row[4] or "" for row in rows)
    update, delete = rows[0][5], rows[0][6]
    acts = "".join(
        f" on {what} {act.lower()}"
        for what, act in (("update", update), ("delete", delete))
        if act != "NO ACTION"
    )
    return f"({here}) -> {rows[0][2]} ({there}){acts}"


def _parsed(sql: str) -> tuple[dict[str, list[str]], list[list[str]]]:
    """CREATE TABLE's columns by name, and its table constraints, each as words."""
    words = tokens(sql)
    if "(" not in words:
        return {}, []
    start = words.index("(")
    columns: dict[str, list[str]] = {}
    constraints = []
    for part in split(words[start + 1 : closing(words, start)]):
        if part[0].upper() in TABLE_WORDS:
            constraints.append(part)
        else:
            columns[_unquoted(part[0])] = part[1:]
    return columns, constraints


def _name_of(words: list[str]) -> str | None:
    return _unquoted(words[1]) if words[0].upper() == "CONSTRAINT" else None


def _checks(words: list[str], name: str | None) -> list[str]:
    """Every CHECK in the definition of a column or of a table constraint."""
    found = []
    for place, word in enumerate(words):
        if word.upper() == "CHECK" and words[place + 1 : place + 2] == ["("]:
            inner = unwrapped(words[place + 1 : closing(words, place + 1) + 1])
            found.append(named(name, normal(" ".join(inner))))
    return found


def _unquoted(word: str) -> str:
    if word[0] in '"`':
        return word[1:-1].replace(word[0] * 2, word[0])
    return word[1:-1] if word[0] == "[" else word


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
