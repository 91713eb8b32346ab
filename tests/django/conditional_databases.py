"""Throw-away databases on each engine, and what Django's introspection sees in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler

from stitchback.adapters.urls import DatabaseUrl

SERVERS = {"postgresql": "STITCHBACK_TEST_POSTGRES", "mysql": "STITCHBACK_TEST_MYSQL"}
ENGINES = ("sqlite", *SERVERS)

if not settings.configured:
    settings.configure(
        INSTALLED_APPS=[],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASE_ROUTERS=[],
    )
django.setup()


def _mysql_driver() -> None:
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql  # type: ignore[import-untyped]

        pymysql.version_info = (2, 2, 9, "final", 0)  # what Django asks of mysqlclient
        pymysql.install_as_MySQLdb()


def _connect(alias: str, entry: Mapping[str, object]) -> Any:
    """Under its alias among Django's own connections too: `transaction.atomic` looks there."""
    connections[alias] = ConnectionHandler({"default": {}, alias: dict(entry)})[alias]
    return connections[alias]


@contextmanager
def database(engine: str, path: str) -> Iterator[Any]:
    """A connection to a new, empty database of that engine; it is gone afterwards."""
    if engine == "sqlite":
        connection = _connect("conditional", {"ENGINE": "django.db.backends.sqlite3", "NAME": path})
        yield connection
        connection.close()
        return
    url = os.environ.get(SERVERS[engine])
    if not url:
        pytest.skip(f"no server: {SERVERS[engine]} holds no URL")
    if engine == "mysql":
        _mysql_driver()
    entry = DatabaseUrl.parse(url).settings()
    name = f"stitchback_conditional_{os.getpid()}"
    server = _connect("server", entry)
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    connection = _connect("conditional", {**entry, "NAME": name})
    try:
        yield connection
    finally:
        connection.close()
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
        server.close()


Schema = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def schema(connection: Any) -> Schema:
    """Table -> columns (name -> what is known) and constraints with their definitions; neither order nor id matters."""
    introspection = connection.introspection
    found: Schema = {}
    with connection.cursor() as cursor:
        for table in sorted(introspection.table_names(cursor)):
            columns = {
                column.name: (*column[1:6], bool(column.null_ok), column.default)
                for column in introspection.get_table_description(cursor, table)
            }
            constraints = introspection.get_constraints(cursor, table)
            found[table] = (
                columns,
                {
                    _label(name, info): sorted(info.items(), key=lambda pair: pair[0])
                    for name, info in constraints.items()
                },
            )
    return found


def _label(name: str, info: Mapping[str, Any]) -> str:
    """Names that Django counts out for SQLite's nameless constraints say nothing."""
    counted = name.startswith("__unnamed") or re.fullmatch(r"fk_\d+", name)
    return f"nameless on {info['columns']}" if counted else name


def rows(connection: Any, table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return sorted(found, key=lambda row: str(sorted(row.items())))


def empty(connection: Any) -> None:
    """Every table dropped."""
    quote, cascade = connection.ops.quote_name, "CASCADE" if connection.vendor == "postgresql" else ""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {quote(table)} {cascade}")
