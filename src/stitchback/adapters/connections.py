"""Connections through Django's own backends, to databases that are not in any settings, and what their errors mean.

Nothing of a project is imported: where no settings are configured yet, a few plain ones are, so that a
DJANGO_SETTINGS_MODULE of the surroundings is never loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

TIMEOUT = 10  # seconds

DRIVERS = {
    "sqlite": ("sqlite3",),
    "postgresql": ("psycopg", "psycopg2"),
    "mysql": ("MySQLdb", "pymysql"),
    "oracle": ("oracledb", "cx_Oracle"),
}
INSTALL = {
    "sqlite": "this Python was built without sqlite3",
    "postgresql": "pip install 'stitchback[postgres]'",
    "mysql": "pip install 'stitchback[mysql]'   (PyMySQL is used where it is there and mysqlclient is not)",
    "oracle": "pip install oracledb",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What went wrong on a connection, in words that hold no credential."""

    missing_table: bool
    problem: EnvironmentProblem


@contextmanager
def connected(url: DatabaseUrl, *, writable: bool = False, timeout: int = TIMEOUT) -> Iterator[Any]:
    """A Django connection to the address, closed afterwards. Raises EnvironmentProblem: SB602 no driver, SB603 not reached,
    SB604 not permitted. A SQLite file is never created, and opened read-only unless `writable`."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import ConnectionHandler, Error, NotSupportedError

    _require_driver(url)
    _configure()
    handler = ConnectionHandler({"default": _settings(url, writable, timeout)})
    try:
        connection = handler["default"]
        connection.ensure_connection()
    except (Error, NotSupportedError, ImproperlyConfigured, TypeError, ValueError) as error:
        # TypeError, ValueError: an option that the driver does not know or cannot take
        raise explained(error, url, "cannot be reached").problem from None
    try:
        yield connection
    finally:
        connection.close()


CONFIGURING = Lock()


def _configure() -> None:
    """Once, and for all threads that come meanwhile too."""
    import django
    from django.conf import settings

    with CONFIGURING:
        if not settings.configured:
            settings.configure(USE_TZ=True, TIME_ZONE="UTC", DEBUG=False, LOGGING_CONFIG=None)
            django.setup()  # no apps; without it every query warns that the registry is not ready


def _require_driver(url: DatabaseUrl) -> None:
    installed = [name for name in DRIVERS[url.vendor] if find_spec(name)]
    if not installed:
        raise EnvironmentProblem(
            "SB602", f"{url}: no driver for {url.vendor} is installed", hint=INSTALL[url.vendor]
        )
    if installed[0] == "pymysql":
        import_module("pymysql").install_as_MySQLdb()


def _settings(url: DatabaseUrl, writable: bool, timeout: int) -> dict[str, object]:
    settings = url.settings()
    options = dict(url.options)
    match url.vendor:
        case "sqlite":
            path = Path(url.name).absolute()
            if not path.is_file():
                raise EnvironmentProblem("SB603", f"{url}: there is no such file")
            settings["NAME"] = f"file:{quote(path.as_posix())}?mode={'rw' if writable else 'ro'}"
            options.setdefault("timeout", timeout)
        case "postgresql":
            options.setdefault("connect_timeout", timeout)
            options.setdefault("tcp_user_timeout", timeout * 1000)
        case "mysql":
            options.setdefault("connect_timeout", timeout)
            options.setdefault("read_timeout", 6 * timeout)
            options.setdefault("charset", "utf8mb4")  # Django 4.2 says utf8, which is three bytes of it
        case _:
            pass
    return {**settings, "OPTIONS": options}


# --- what errors mean -----------------------------------------------------------------------------------------------

MISSING_TABLE = {"postgresql": ("42P01",), "mysql": (1146,), "oracle": (942,)}
NOT_PERMITTED = {
    "postgresql": ("42501", "28P01", "28000"),
    "mysql": (1044, 1045, 1142, 1143, 1227, 1698),
    "oracle": (1017, 1031, 1045),
}


def explained(error: BaseException, url: DatabaseUrl | None, doing: str, vendor: str = "") -> Wrong:
    """The error of a backend as a problem for a person: who, what was tried, the driver's own words without credentials."""
    vendor = url.vendor if url else vendor
    words = _words(error)
    for secret in url.secrets if url else ():
        words = words.replace(secret, "***")
    code = _code(error)
    permitted = code not in NOT_PERMITTED.get(vendor, ()) and not _sounds_forbidden(words)
    missing = code in MISSING_TABLE.get(vendor, ()) or words.startswith("no such table: django_migrations")
    number, hint = ("SB603", "") if permitted else ("SB604", "the role needs SELECT on django_migrations")
    name = str(url) if url else "the database"
    return Wrong(missing, EnvironmentProblem(number, f"{name}: {doing}: {words}", hint=hint))


def _words(error: BaseException) -> str:
    arguments = error.args
    text = str(arguments[1]) if len(arguments) > 1 and isinstance(arguments[0], int) else str(error)
    return " ".join(text.split()) or type(error).__name__


def _code(error: BaseException) -> str | int | None:
    """PostgreSQL's SQLSTATE, MySQL's or Oracle's number; Django keeps the driver's exception as the cause."""
    for each in (error, error.__cause__):
        found = getattr(each, "sqlstate", None) or getattr(each, "pgcode", None)
        if isinstance(found, str):
            return found
        first = each.args[0] if each is not None and each.args else None
        if isinstance(first, int):
            return first
        if isinstance(code := getattr(first, "code", None), int):  # oracledb's _Error
            return code
    return None


def _sounds_forbidden(words: str) -> bool:
    """Before a connection stands psycopg tells no SQLSTATE."""
    return any(
        sign in words
        for sign in ("password authentication failed", "permission denied", "no pg_hba.conf entry")
    )
