"""Databases made for trial runs on a server: made, copied and dropped here, and nowhere else.

Only names that this process made itself are ever copied onto or dropped. What is left is dropped when the process ends, also
where that is because whoever started it was killed: its standard input ends then.
"""

from __future__ import annotations

from typing import Any

made: list[str] = []


def start_bare(database: dict[str, Any]) -> str:
    """Django without any project, `default` being the server's own database. Returns the engine's vendor."""
    from django.conf import settings

    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=[], USE_TZ=True)
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    return str(connection.vendor)


def create_database(name: str, source: str | None = None) -> None:
    """A new database, empty, or with all that `source` holds."""
    from django.db import connection

    if source is not None and source not in made:
        raise PermissionError(f"{source} was not made here")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            template = f" TEMPLATE {_quoted(source)}" if source else ""
            cursor.execute(f"CREATE DATABASE {_quoted(name)}{template}")
            made.append(name)
        else:
            cursor.execute(f"CREATE DATABASE {_quoted(name)} CHARACTER SET utf8mb4")
            made.append(name)
            if source:
                _copy_mysql(cursor, source, name)


def drop_database(name: str) -> None:
    from django.db import connection

    if name not in made:
        raise PermissionError(f"{name} was not made here")
    with connection.cursor() as cursor:
        force = " WITH (FORCE)" if _can_force(connection) else ""
        cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}{force}")
    made.remove(name)


def drop_everything() -> None:
    """All that is left of what was made here. One that cannot be dropped does not keep the others. Raises for those left over."""
    from django.db import Error, connection

    problems = []
    for name in list(made):
        try:
            drop_database(name)
        except Error as error:
            problems.append(f"{name}: {error}")
            connection.close()  # the server may have ended it: the next statement gets a new one
    if problems:
        raise RuntimeError("; ".join(problems))


def _quoted(name: str) -> str:
    from django.db import connection

    return str(connection.ops.quote_name(name))


def _can_force(connection: Any) -> bool:
    """PostgreSQL 13: a session that hangs does not keep the database."""
    return bool(connection.vendor == "postgresql" and connection.pg_version >= 130000)


def _copy_mysql(cursor: Any, source: str, target: str) -> None:
    """Tables as SHOW CREATE TABLE has them, their rows, then views and triggers. There is no CREATE DATABASE … LIKE."""
    cursor.execute(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY table_name",
        [source],
    )
    things = cursor.fetchall()
    cursor.execute("SET foreign_key_checks = 0")
    try:
        for name, kind in things:
            if kind == "BASE TABLE":
                _copy_table(cursor, source, target, name)
        for name, kind in things:
            if kind == "VIEW":
                _copy_view(cursor, source, target, name)
        _copy_triggers(cursor, source, target)
    finally:
        cursor.execute("SET foreign_key_checks = 1")


def _copy_table(cursor: Any, source: str, target: str, name: str) -> None:
    cursor.execute(f"SHOW CREATE TABLE {_quoted(source)}.{_quoted(name)}")
    statement = cursor.fetchone()[1]
    cursor.execute(f"USE {_quoted(target)}")
    cursor.execute(statement)
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
        " AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position",
        [source, name],
    )
    columns = ", ".join(_quoted(row[0]) for row in cursor.fetchall())
    cursor.execute(
        f"INSERT INTO {_quoted(name)} ({columns}) SELECT {columns} FROM {_quoted(source)}.{_quoted(name)}"
    )


def _copy_view(cursor: Any, source: str, target: str, name: str) -> None:
    cursor.execute(
        "SELECT view_definition FROM information_schema.views WHERE table_schema = %s AND table_name = %s",
        [source, name],
    )
    body = cursor.fetchone()[0].replace(_quoted(source) + ".", _quoted(target) + ".")
    cursor.execute(f"CREATE VIEW {_quoted(target)}.{_quoted(name)} AS {body}")


def _copy_triggers(cursor: Any, source: str, target: str) -> None:
    cursor.execute(
        "SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement"
        " FROM information_schema.triggers WHERE trigger_schema = %s ORDER BY action_order",
        [source],
    )
    cursor_rows = cursor.fetchall()
    cursor.execute(f"USE {_quoted(target)}")
    for name, timing, event, table, statement in cursor_rows:
        cursor.execute(
            f"CREATE TRIGGER {_quoted(name)} {timing} {event} ON {_quoted(table)} FOR EACH ROW {statement}"
        )
