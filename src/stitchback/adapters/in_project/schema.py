"""The schema of the current database as a plain value that is equal where two databases hold the same.

`{"tables": {table: {"columns": {column: {what: text}}, "primary_key": [column], "indexes": [text], "uniques": [text],
"checks": [text], "foreign_keys": [text]}}, "views": {name: text}}`. Lists are sorted and keep what is there twice. Not in it:
the order of columns, sequences' names, names that Django or the engine makes up, and `django_migrations`.
"""

from __future__ import annotations

from typing import Any


def read() -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    found: dict[str, Any] = _reader(connection.vendor)(connection)
    found["tables"].pop(MigrationRecorder.Migration._meta.db_table, None)
    for table in found["tables"].values():
        for what in ("indexes", "uniques", "checks", "foreign_keys"):
            table[what].sort()
    return found


def _reader(vendor: str) -> Any:
    """Imported when needed: the process of a SQLite database reads no catalogue of PostgreSQL."""
    if vendor == "sqlite":
        from .schema_sqlite import read as read_sqlite

        return read_sqlite
    if vendor == "postgresql":
        from .schema_postgresql import read as read_postgresql

        return read_postgresql
    if vendor == "mysql":
        from .schema_mysql import read as read_mysql

        return read_mysql
    raise ValueError(f"schemas of {vendor} cannot be read")
