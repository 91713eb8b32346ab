"""Django in the rehearsal's process: its settings and its two in-memory databases."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Mapping
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.backends.sqlite3 import introspection
from django.db.migrations import executor, loader
from django.db.migrations.recorder import MigrationRecorder

from stitchback.rehearsal.editor import SCRATCH, StrictEditor
from stitchback.rehearsal.rows import RowWatch


class RehearsalRecorder(MigrationRecorder):  # type: ignore[misc]
    """Django's recorder with prepared SQL: half of the work of a small rehearsal is on rows of django_migrations."""

    def applied_migrations(self) -> dict[Any, Any]:
        if not self.has_table():
            return {}
        return dict.fromkeys(rows_of(self.connection), True)

    def record_applied(self, app: str, name: str) -> None:
        with self.connection.cursor() as cursor:
            said = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, '2001-01-01 00:00:00')"
            cursor.execute(said, [app, name])

    def has_table(self) -> bool:
        return True  # every database starts with it

    def ensure_schema(self) -> None:
        return None


MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
USER_MODEL = "AUTH_USER_MODEL"
Content = sqlite3.Connection  # a database that is kept as a source of copies


def configure() -> None:
    settings.configure(
        DATABASES={"default": MEMORY, SCRATCH: MEMORY},
        INSTALLED_APPS=[],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        LOGGING_CONFIG=None,
    )
    django.setup()
    connection = connections["default"]
    connection.SchemaEditorClass = StrictEditor
    # The conditional operations query a table's constraints repeatedly, and Django parses the table's SQL each time.
    introspection.sqlparse.parse = functools.lru_cache(maxsize=4096)(introspection.sqlparse.parse)
    executor.MigrationRecorder = loader.MigrationRecorder = RehearsalRecorder
    for alias in ("default", SCRATCH):
        connect(connections[alias])


def connect(connection: Any) -> None:
    """Opens a new connection, regardless of the state of the last one. No statement can open a file with it."""
    raw, connection.connection = connection.connection, None
    if raw is not None:
        raw.close()
    connection.connect()
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.watch = RowWatch()


def use(tree_settings: Mapping[str, str]) -> None:
    """Sets Django's settings that models depend on."""
    settings.AUTH_USER_MODEL = tree_settings.get(USER_MODEL, "auth.User")
    apps.get_swappable_settings_name.cache_clear()


def load(connection: Any, content: Content) -> None:
    """Loads a copy of `content` into the connection."""
    connect(connection)
    content.backup(connection.connection)


def saved(connection: Any) -> Content:
    """A copy of the database that never changes."""
    copy = sqlite3.connect(":memory:")
    connection.connection.backup(copy)
    return copy


def empty(connection: Any) -> Content:
    """A database with an empty django_migrations."""
    connect(connection)
    MigrationRecorder(connection).ensure_schema()
    return saved(connection)


def rows_of(connection: Any) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [(app, name) for app, name in cursor.fetchall()]
