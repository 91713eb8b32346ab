"""The rows of every table, as plain values that are equal where two databases hold the same."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Rows = list[dict[str, Any]]


def read() -> dict[str, Rows]:
    """table -> rows, sorted by their text; without the ledger."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    ledger = MigrationRecorder.Migration._meta.db_table
    with connection.cursor() as cursor:
        names = [
            info.name
            for info in connection.introspection.get_table_list(cursor)
            if info.type in ("t", "p") and info.name != ledger
        ]
        return {name: rows_of(cursor, name) for name in sorted(names)}


def rows_of(cursor: Any, table: str) -> Rows:
    found = [{name: plain(value) for name, value in row.items()} for row in raw_rows(cursor, table)]
    return sorted(found, key=lambda row: (repr(row.get("id")), repr(sorted(row.items()))))


def raw_rows(cursor: Any, table: str) -> Rows:
    """As the driver gives them, in the order of the first columns."""
    from django.db import connection

    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row)) for row in cursor.fetchall()]  # noqa: B905 - Python 3.10


def plain(value: Any) -> Any:
    """JSON's own types; other ones as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, decimal.Decimal):
        return str(value.normalize())
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "hex:" + bytes(value).hex()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time, uuid.UUID)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    return str(value)
