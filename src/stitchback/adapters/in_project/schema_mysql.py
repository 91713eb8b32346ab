"""MySQL's and MariaDB's schema, from information_schema, for the current database."""

from __future__ import annotations

from typing import Any

from .definitions import empty_table, named, normal

TABLES = """
SELECT table_name, table_type, table_collation FROM information_schema.tables
WHERE table_schema = DATABASE() ORDER BY table_name
"""

COLUMNS = """
SELECT column_name, column_type, is_nullable, column_default, extra, collation_name, generation_expression, column_comment
FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s
"""

KEYS = """
SELECT constraint_name, column_name, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND table_name = %s ORDER BY constraint_name, ordinal_position
"""

RULES = """
SELECT constraint_name, update_rule, delete_rule FROM information_schema.referential_constraints
WHERE constraint_schema = DATABASE() AND table_name = %s
"""

HARMLESS = ("NO ACTION", "RESTRICT")


def read(connection: Any) -> dict[str, Any]:
    """The schema. Collations are included if they differ from the table's."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        schema_objects = cursor.fetchall()
        tables = {
            name: _table(connection, cursor, name, collation)
            for name, kind, collation in schema_objects
            if kind == "BASE TABLE"
        }
        views = {name: _view(cursor, name) for name, kind, _ in schema_objects if kind == "VIEW"}
    return {"tables": tables, "views": views}


def _view(cursor: Any, name: str) -> str:
    cursor.execute(
        "SELECT view_definition FROM information_schema.views WHERE table_schema = DATABASE() AND table_name = %s",
        [name],
    )
    return normal(cursor.fetchone()[0])


def _table(connection: Any, cursor: Any, name: str, collation: str) -> dict[str, Any]:
    table: dict[str, Any] = empty_table()
    cursor.execute(COLUMNS, [name])
    for column, *what in cursor.fetchall():
        table["columns"][column] = _column(collation, *what)
    cursor.execute(KEYS, [name])
    keys: dict[str, list[tuple[Any, ...]]] = {}
    for constraint, *rest in cursor.fetchall():
        keys.setdefault(constraint, []).append(tuple(rest))
    table["primary_key"] = [column for column, _, _ in keys.get("PRIMARY", [])]
    _read_foreign_keys(cursor, name, keys, table)
    _read_indexes(cursor, name, table)
    table["checks"] = _checks(connection, cursor, name)
    return table


def _column(
    table_collation: str,
    kind: str,
    nullable: str,
    default: Any,
    extra: str,
    collation: Any,
    generated: Any,
    comment: str,
) -> dict[str, str]:
    """MariaDB spells the default of a column without one "NULL"."""
    found = {"type": kind, "null": "null" if nullable == "YES" else "not null"}
    if default is not None and str(default) != "NULL":
        found["default"] = str(default)
    if "auto_increment" in extra:
        found["identity"] = "auto_increment"
    if generated:
        found["generated"] = (
            f"{normal(str(generated))} {'stored' if 'STORED' in extra.upper() else 'virtual'}"
        )
    if collation and collation != table_collation:
        found["collation"] = collation
    if comment:
        found["comment"] = comment
    return found


def _read_foreign_keys(
    cursor: Any, name: str, keys: dict[str, list[tuple[Any, ...]]], table: dict[str, Any]
) -> None:
    cursor.execute(RULES, [name])
    for constraint, update, delete in cursor.fetchall():
        parts = keys[constraint]
        here, there = (", ".join(str(part[place]) for part in parts) for place in (0, 2))
        acts = "".join(
            f" on {what} {act.lower()}"
            for what, act in (("update", update), ("delete", delete))
            if act not in HARMLESS
        )
        table["foreign_keys"].append(f"({here}) -> {parts[0][1]} ({there}){acts}")


def _read_indexes(cursor: Any, name: str, table: dict[str, Any]) -> None:
    """SHOW INDEX has the same columns on both servers, but for `Expression`, which is MySQL's alone."""
    from django.db import connection

    cursor.execute(f"SHOW INDEX FROM {connection.ops.quote_name(name)}")
    titles = [column[0] for column in cursor.description]
    indexes: dict[str, list[dict[str, Any]]] = {}
    for row in cursor.fetchall():
        part = dict(zip(titles, row))  # noqa: B905 - Python 3.10
        indexes.setdefault(part["Key_name"], []).append(part)
    for index, parts in indexes.items():
        if index != "PRIMARY":
            columns = tuple(str(part["Column_name"]) for part in parts)
            place = "indexes" if parts[0]["Non_unique"] else "uniques"
            table[place].append(named(index, _index(parts), columns))


def _index(parts: list[dict[str, Any]]) -> str:
    inner = ", ".join(map(_part, sorted(parts, key=lambda part: part["Seq_in_index"])))
    kind = parts[0]["Index_type"]
    return f"({inner})" if kind == "BTREE" else f"({inner}) {kind.lower()}"


def _part(part: dict[str, Any]) -> str:
    what = str(part["Column_name"] or f"({part.get('Expression')})")
    size = f"({part['Sub_part']})" if part["Sub_part"] else ""
    return what + size + (" desc" if part["Collation"] == "D" else "")


def _checks(connection: Any, cursor: Any, name: str) -> list[str]:
    """MariaDB names an unnamed check of a column after the column; MySQL `<table>_chk_1`."""
    if connection.mysql_is_mariadb:
        cursor.execute(
            "SELECT constraint_name, check_clause, level FROM information_schema.check_constraints "
            "WHERE constraint_schema = DATABASE() AND table_name = %s",
            [name],
        )
        found = [(None if level == "Column" else title, clause) for title, clause, level in cursor.fetchall()]
    else:
        cursor.execute(
            "SELECT c.constraint_name, c.check_clause FROM information_schema.check_constraints c "
            "JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name) "
            "WHERE c.constraint_schema = DATABASE() AND t.table_name = %s",
            [name],
        )
        found = [(None if "_chk_" in title else title, clause) for title, clause in cursor.fetchall()]
    return [named(title, normal(clause)) for title, clause in found]
