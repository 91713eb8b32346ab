"""PostgreSQL's schema, from pg_catalog: what the server itself prints as definitions, for the tables of the search path."""

from __future__ import annotations

import re
from typing import Any

from .definitions import empty_table, made_up, named

TABLES = """
SELECT c.oid, c.relname, c.relkind FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
ORDER BY c.relname
"""

COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       a.attidentity, a.attgenerated,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END, col_description(a.attrelid, a.attnum)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""

INDEXES = """
SELECT i.relname, x.indisunique, x.indisvalid, pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = %s
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""

CONSTRAINTS = """
SELECT conname, contype, pg_get_constraintdef(oid),
       (SELECT array_agg(a.attname::text ORDER BY s.place) FROM unnest(conkey) WITH ORDINALITY AS s(number, place)
        JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = s.number)
FROM pg_constraint WHERE conrelid = %s
"""

IDENTITIES = {"a": "always", "d": "by default"}
SEQUENCE = re.compile(r"nextval\('.*'::regclass\)")
PLACES = {"u": "uniques", "f": "foreign_keys", "c": "checks", "x": "checks"}


def read(connection: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        schema_objects = cursor.fetchall()
        tables = {name: _table(cursor, oid) for oid, name, kind in schema_objects if _letter(kind) in "rp"}
        views = {name: _view(cursor, oid) for oid, name, kind in schema_objects if _letter(kind) in "vm"}
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")
        views.update({f"extension {name}": "" for (name,) in cursor.fetchall()})
    return {"tables": tables, "views": views}


def _letter(value: Any) -> str:
    """PostgreSQL's "char" comes as bytes from some drivers."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _view(cursor: Any, oid: int) -> str:
    cursor.execute("SELECT pg_get_viewdef(%s)", [oid])
    return " ".join(cursor.fetchone()[0].split())


def _table(cursor: Any, oid: int) -> dict[str, Any]:
    table: dict[str, Any] = empty_table()
    cursor.execute(COLUMNS, [oid])
    for name, *what in cursor.fetchall():
        table["columns"][name] = _column(*what)
    cursor.execute(INDEXES, [oid])
    for name, unique, valid, definition in cursor.fetchall():
        text = definition.split(" USING ", 1)[1] + ("" if valid else " (not valid)")
        table["uniques" if unique else "indexes"].append(named(name, text))
    cursor.execute(CONSTRAINTS, [oid])
    for name, kind, definition, columns in cursor.fetchall():
        _add_constraint(table, name, _letter(kind), definition, columns or [])
    return table


def _column(
    kind: str,
    not_null: bool,
    default: str | None,
    identity: Any,
    generated: Any,
    collation: str | None,
    comment: str | None,
) -> dict[str, str]:
    found = {"type": kind, "null": "not null" if not_null else "null"}
    if _letter(generated):
        found["generated"] = str(default)
    elif default is not None:
        found["default"] = SEQUENCE.sub("its own sequence", default)
    if _letter(identity):
        found["identity"] = IDENTITIES[_letter(identity)]
    if collation:
        found["collation"] = collation
    if comment:
        found["comment"] = comment
    return found


def _add_constraint(table: dict[str, Any], name: str, kind: str, definition: str, columns: list[str]) -> None:
    """A unique constraint that the server named after its columns has no name of anybody's choice."""
    if kind == "p":
        table["primary_key"] = columns
    elif kind == "f":
        table["foreign_keys"].append(definition)
    elif kind in PLACES:
        table[PLACES[kind]].append(definition if made_up(name) else named(name, definition))
