"""Sets the project's `default` database. It is never the one of the project's settings.

`default` is replaced because migrations name it, and `schema_editor.connection.alias` too. Every other alias gets Django's dummy backend, which
raises ImproperlyConfigured when used: it may be a production database. Environment variables that the settings ask for and do not find are noted.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from importlib import import_module
from typing import Any

from .mysql_driver import use_pymysql

EVERY = 0.5  # seconds between two checks that the parent process runs
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
NO_CACHE = "django.core.cache.backends.dummy.DummyCache"
KEPT_OPTIONS = ("charset", "sql_mode", "isolation_level", "collation")

missing: list[str] = []  # variables that the project's settings asked for and did not find
_own: dict[str, Any] = {}  # what the project's settings say about `default`


def start(database: dict[str, Any]) -> dict[str, Any]:
    """Sets Django up with `database`, an entry of DATABASES, for `default`. No mail is sent, and no cache is read or written."""
    from django.conf import settings

    watch()
    end_with_parent()
    _own.update(settings.DATABASES.get("default", {}))
    if any("mysql" in engine for engine in (database["ENGINE"], _own.get("ENGINE", ""))):
        use_pymysql()
    settings.DATABASES = {
        alias: {"ENGINE": "django.db.backends.dummy"} for alias in {"default", *settings.DATABASES}
    }
    settings.DATABASES["default"] = settings_of(database)
    _keep_to_itself(settings)
    import django

    django.setup()
    _hurry()
    from django.apps import apps

    return {
        "django": django.get_version(),
        "python": sys.version.split()[0],
        "apps": sorted(config.label for config in apps.get_app_configs()),
    }


def _keep_to_itself(settings: Any) -> None:
    """A migration's code may send mail, and clear or fill a cache that others use."""
    mailers = getattr(settings, "MAILERS", None)  # Django 6.1
    if mailers:
        settings.MAILERS = {alias: {"BACKEND": NO_MAIL} for alias in mailers}
    else:
        settings.EMAIL_BACKEND = NO_MAIL
    settings.CACHES = {alias: {"BACKEND": NO_CACHE} for alias in {"default", *settings.CACHES}}


def end_with_parent() -> None:
    """Starts a thread that ends this process, and all that the project's code has started, soon after the parent process was killed: a running
    migration does not notice that."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(EVERY)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def use(database: dict[str, Any]) -> None:
    """Makes `default` that database."""
    from django.db import connections

    leave()
    connections.databases["default"] = settings_of(database)
    if hasattr(connections, "configure_settings"):
        connections.configure_settings(connections.databases)


def leave() -> None:
    """Closes `default`, so that the database can be copied or dropped."""
    from django.db import connections

    try:
        connection = connections["default"]
    except KeyError:
        return
    connection.close()
    # psycopg's pool (Django 5.1) would keep connections open.
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    del connections["default"]


def execute(sql: str) -> None:
    """Runs a script of statements, as the engine's own client would."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.executescript(sql)
        return
    with connection.cursor() as cursor:
        for statement in connection.ops.prepare_sql_script(sql):
            cursor.execute(statement, None)


def settings_of(database: dict[str, Any]) -> dict[str, Any]:
    """The entry, with the backend of the project's own where it is one for the same engine, and those of its options that
    cannot lead anywhere else."""
    engine = _own.get("ENGINE", "")
    if not engine or vendor_of(engine) != vendor_of(database["ENGINE"]):
        return {**database, "TIME_ZONE": _own.get("TIME_ZONE")}
    kept = {key: value for key, value in _own.get("OPTIONS", {}).items() if key in KEPT_OPTIONS}
    return {
        **database,
        "ENGINE": engine,
        "OPTIONS": {**kept, **database["OPTIONS"]},
        "TIME_ZONE": _own.get("TIME_ZONE"),
    }


def vendor_of(engine: str) -> str:
    """The vendor of a backend, by asking its DatabaseWrapper (a project may have a backend of its own); "" where its driver is missing."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        return str(getattr(import_module(engine + ".base").DatabaseWrapper, "vendor", ""))
    except ImproperlyConfigured:
        return ""


def _hurry() -> None:
    """Scratch databases need not survive a power cut."""
    from django.db.backends.signals import connection_created

    connection_created.connect(_relax, weak=False)


def _relax(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA journal_mode = MEMORY")
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")


def watch() -> None:
    """Notes each name that is looked up in `os.environ` from now on and is not there."""
    kind: Any = type(os.environ)
    original = kind.__getitem__

    def __getitem__(environment: Any, name: str) -> str:
        try:
            return str(original(environment, name))
        except KeyError:
            missing.append(name)
            raise

    kind.__getitem__ = __getitem__


def needed(error: BaseException) -> str:
    """The variable that is missing, where that is why the settings could not be read: the last one asked for that the error, or one before
    it, names. "" where it is something else."""
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(said) < 20:
        said.append(str(seen))
        seen = seen.__cause__ or seen.__context__
    words = set(re.findall(r"\w+", " ".join(said)))
    return next((name for name in reversed(missing) if name in words), "")
