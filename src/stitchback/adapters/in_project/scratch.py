"""Creates, copies and drops databases for trial runs on a server.

Only names that this process created are overwritten or dropped. Remaining databases are dropped when the process ends, also when its parent was
killed: its standard input ends then.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .mysql_driver import use_pymysql

made: list[str] = []
doomed: list[str] = []  # of those made, on PostgreSQL: to be dropped with others
held: list[Any] = []  # connections that hold a lock
LOCKS = 0x53544348  # the first number of our advisory locks on PostgreSQL
TOGETHER = 30
"""PostgreSQL writes out all that was made meanwhile at every DROP DATABASE, for a second or more. Where many are dropped at the same
moment, each forgets its own pages first, and next to nothing is left to be written."""


def start_bare(database: dict[str, Any], series: str) -> str:
    """Django without any project, `default` being the server's own database. Returns the engine's vendor. `series`: the hexadecimal number
    in the names of the databases to be made, locked on the server as long as this process lives."""
    from django.conf import settings

    if "mysql" in database["ENGINE"]:
        use_pymysql()
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=[], USE_TZ=True)
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    _hold(series)
    return str(connection.vendor)


def _hold(series: str) -> None:
    """Over a connection of its own, which nothing else closes."""
    from django.db import connections

    holder = connections.create_connection("default")
    with holder.cursor() as cursor:
        if holder.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCKS, _number(series)])
        else:
            cursor.execute("SELECT GET_LOCK(%s, 10)", [f"stitchback_{series}"])
    held.append(holder)


def _number(series: str) -> int:
    return int(series, 16) & 0x7FFFFFFF


def sweep_databases(prefix: str) -> list[str]:
    """Drops the databases of runs that have ended: the lock of their series is free. Returns those that could not be dropped."""
    from django.db import Error, connection

    left = []
    with connection.cursor() as cursor:
        for name in _named(cursor, connection.vendor, prefix):
            series = name[len(prefix) :].partition("_")[0]
            if (
                len(series) != 8
                or set(series) - set("0123456789abcdef")
                or _is_held(cursor, connection.vendor, series)
            ):
                continue
            try:
                cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}")
            except Error:  # a user is connected to it, or it belongs to another user
                left.append(name)
    return left


def _named(cursor: Any, vendor: str, prefix: str) -> list[str]:
    column, table = (
        ("datname", "pg_database")
        if vendor == "postgresql"
        else ("schema_name", "information_schema.schemata")
    )
    cursor.execute(f"SELECT {column} FROM {table}")
    return sorted(name for (name,) in cursor.fetchall() if name.startswith(prefix))


def _is_held(cursor: Any, vendor: str, series: str) -> bool:
    if vendor == "postgresql":
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
            [LOCKS, _number(series)],
        )
        return cursor.fetchone() is not None
    cursor.execute("SELECT IS_FREE_LOCK(%s)", [f"stitchback_{series}"])
    return bool(cursor.fetchone()[0] != 1)


def create_database(name: str, source: str | None = None) -> None:
    """A new database, empty, or with all that `source` holds."""
    from django.db import connection

    if source is not None and (source not in made or source in doomed):
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
    """At once, or on PostgreSQL, with others, at the end at the latest."""
    from django.db import connection

    if name not in made or name in doomed:
        raise PermissionError(f"{name} was not made here")
    if connection.vendor != "postgresql":
        _drop(connection, name)
        return
    doomed.append(name)
    if len(doomed) >= TOGETHER:
        _drop_together(list(doomed))


def drop_everything() -> None:
    """All that is left of what was made here. One that cannot be dropped does not keep the others. Raises for those left over."""
    from django.db import Error, connection

    if connection.vendor == "postgresql":
        _drop_together(list(made))
    problems = []
    for name in list(made):
        try:
            _drop(connection, name)
        except Error as error:
            problems.append(f"{name}: {error}")
            connection.close()  # the server may have ended it: the next statement gets a new one
    if problems:
        raise RuntimeError("; ".join(problems))


def _drop(connection: Any, name: str) -> None:
    with connection.cursor() as cursor:
        force = " WITH (FORCE)" if _can_force(connection) else ""
        cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}{force}")
    made.remove(name)
    if name in doomed:
        doomed.remove(name)


def _drop_together(names: list[str]) -> None:
    """Each over a connection of its own, as many as the server allows. What cannot be dropped stays in `made`."""
    from django.db import Error

    connections = _connections(min(len(names), TOGETHER))

    def drop(place: int) -> None:
        for name in names[place :: len(connections)]:
            try:
                _drop(connections[place], name)
            except Error:
                connections[place].close()  # reported by `drop_everything`, which tries again

    if connections:
        with ThreadPoolExecutor(len(connections)) as pool:
            list(pool.map(drop, range(len(connections))))
    for connection in connections:
        connection.close()


def _connections(most: int) -> list[Any]:
    """Up to so many, open; fewer where the server says that it has enough."""
    from django.db import OperationalError, connections

    found: list[Any] = []
    for _ in range(most):
        connection = connections.create_connection("default")
        connection.inc_thread_sharing()
        try:
            connection.ensure_connection()
        except OperationalError:
            break
        found.append(connection)
    return found


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
    schema_objects = cursor.fetchall()
    cursor.execute("SET foreign_key_checks = 0")
    try:
        for name, kind in schema_objects:
            if kind == "BASE TABLE":
                _copy_table(cursor, source, target, name)
        for name, kind in schema_objects:
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
