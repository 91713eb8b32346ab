"""Connections through Django's own backends, to databases that are not in any settings, and what their errors mean.

Nothing of a project is imported: where no settings are configured yet, a few plain ones are, so that a
DJANGO_SETTINGS_MODULE of the surroundings is never loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from stitchback.adapters.in_project.mysql_driver import use_pymysql
from stitchback.adapters.sqlite_files import undisturbed
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

TIMEOUT = 5  # seconds: for a connection, for a lock, for a statement
PATIENCE = 4  # times as long: when an answer does not count any more, whatever the server and the driver do
WRITING = 60  # seconds that a repair may wait for an answer

DRIVERS = {
    "sqlite": ("sqlite3",),
    "postgresql": ("psycopg", "psycopg2"),
    "mysql": ("MySQLdb", "pymysql"),
    "oracle": ("oracledb", "cx_Oracle"),
}
INSTALL = {
    "sqlite": "this Python was built without sqlite3",
    "postgresql": "pip install 'stitchback[postgres]'",
    "mysql": "pip install 'stitchback[mysql]'   (without mysqlclient, stitchback uses PyMySQL)",
    "oracle": "pip install oracledb",
}


@dataclass(frozen=True, slots=True)
class ConnectionProblem:
    """What went wrong on a connection, in words that hold no credential."""

    missing_table: bool
    problem: EnvironmentProblem


@contextmanager
def connected(url: DatabaseUrl, *, writable: bool = False, timeout: int = TIMEOUT) -> Iterator[Any]:
    """A Django connection to the address, closed afterwards. Raises EnvironmentProblem: SB602 no driver, SB603 not reached,
    SB604 not permitted. A SQLite file is never created, and opened read-only unless `writable`."""
    from django.db.utils import ConnectionHandler

    _require_driver(url)
    _configure()
    with ExitStack() as stack:
        settings = _settings(url, writable, timeout)
        if url.vendor == "sqlite" and not writable:
            settings["NAME"] = stack.enter_context(undisturbed(_file(url), str(url)))
        handler = ConnectionHandler({"default": settings})
        try:
            connection = handler["default"]
            connection.ensure_connection()
            _limit(connection, timeout, WRITING if writable else timeout)
        except Exception as error:  # noqa: BLE001 - an option of the URL may make a driver raise anything
            raise explained(error, url, "cannot be reached").problem from None
        stack.callback(connection.close)
        yield connection


def _limit(connection: Any, timeout: int, longest: int) -> None:
    """Of MySQL and MariaDB, for the session: for a lock, and for a statement; PostgreSQL's limits are those of a transaction (`limits`). A session
    may also limit the number of rows (`--safe-updates`): all are read."""
    if connection.vendor != "mysql":
        return
    statement = (
        f"max_statement_time = {longest}"
        if connection.mysql_is_mariadb
        else f"max_execution_time = {longest}000"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET SESSION lock_wait_timeout = {timeout}, innodb_lock_wait_timeout = {timeout},"
            f" sql_select_limit = 18446744073709551615, {statement}"
        )


def limits(vendor: str, timeout: int) -> tuple[str, ...]:
    """Statements at the beginning of a transaction: a pooled connection keeps nothing of them."""
    if vendor != "postgresql":
        return ()
    # The lock's first: its error is the clearer one.
    return (f"SET LOCAL lock_timeout = '{timeout}s'", f"SET LOCAL statement_timeout = '{timeout}500ms'")


def too_late(url: DatabaseUrl | str, seconds: float) -> EnvironmentProblem:
    return EnvironmentProblem("SB645", f"{url}: no answer for {seconds:g} seconds", hint=LATE)


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
    """Raises EnvironmentProblem (SB602) where no driver is installed, or none of those that are can be loaded."""
    reasons = []
    for name in DRIVERS[url.vendor]:
        try:
            import_module(name)
        except ImportError as error:
            if not isinstance(error, ModuleNotFoundError) or error.name != name:
                reasons.append(f"{name}: {error}")
            continue
        if name == "pymysql":
            use_pymysql()
        return
    broken = f", and what is installed cannot be loaded ({'; '.join(reasons)})" if reasons else ""
    raise EnvironmentProblem(
        "SB602", f"{url}: no driver for {url.vendor} is installed{broken}", hint=INSTALL[url.vendor]
    )


def _settings(url: DatabaseUrl, writable: bool, timeout: int) -> dict[str, object]:
    settings = url.settings()
    options = dict(url.options)
    match url.vendor:
        case "sqlite":
            settings["NAME"] = f"file:{quote(_file(url).as_posix())}?mode=rw"
            options.setdefault("timeout", timeout)
            if not writable:
                options.pop("init_command", None)  # such as PRAGMA journal_mode, which writes
        case "postgresql":
            options.pop("pool", None)  # its threads would outlive the connection
            options.setdefault("connect_timeout", timeout)
            options.setdefault("tcp_user_timeout", timeout * 1000)
        case "mysql":
            options.setdefault("connect_timeout", timeout)
            options.setdefault("read_timeout", WRITING if writable else PATIENCE * timeout)
            options.setdefault("charset", "utf8mb4")  # Django 4.2 says utf8, which is three bytes of it
        case _:
            pass
    return {**settings, "OPTIONS": options}


def _file(url: DatabaseUrl) -> Path:
    path = Path(url.name).absolute()
    if not path.is_file():
        raise EnvironmentProblem("SB603", f"{url}: the file does not exist")
    return path


# --- what errors mean -----------------------------------------------------------------------------------------------

MISSING_TABLE = {"postgresql": ("42P01",), "mysql": (1146,), "oracle": (942,)}
WRONG_LOGIN = {"postgresql": ("28P01", "28000"), "mysql": (1045, 1698), "oracle": (1017,)}
NOT_PERMITTED = {"postgresql": ("42501",), "mysql": (1044, 1142, 1143, 1227), "oracle": (1031, 1045)}
NO_DATABASE = {"postgresql": ("3D000",), "mysql": (1049,)}
IN_THE_WAY = {
    "postgresql": ("55P03", "57014"),
    "mysql": (1205, 1969, 3024, 2013),  # lock, statement (MariaDB, MySQL), answer
    "oracle": (54, 1013),
}

LOGIN = "Check user and password in the URL (percent-encode special characters), and which users the server lets in from this host."
RIGHTS = "The role needs SELECT on django_migrations (on PostgreSQL also USAGE on its schema, and BYPASSRLS if the table has row-level security)."
NAME = "Check the name of the database in the URL."
LATE = "Another session holds a lock (ALTER TABLE, LOCK TABLE, VACUUM FULL), or the server is slow. Run the command again, or allow more time with --timeout SECONDS."


def explained(
    error: BaseException, url: DatabaseUrl | None, doing: str, vendor: str = ""
) -> ConnectionProblem:
    """The error of a backend as a problem for a person: who, what was tried, the driver's own words without credentials."""
    vendor = url.vendor if url else vendor
    words = url.hidden_in(_words(error)) if url else _words(error)
    code = _code(error)
    missing = code in MISSING_TABLE.get(vendor, ()) or words.startswith("no such table: django_migrations")
    number, doing, hint = _meant(code, words, vendor, doing)
    name = str(url) if url else "the database"
    return ConnectionProblem(missing, EnvironmentProblem(number, f"{name}: {doing}: {words}", hint=hint))


def _meant(code: str | int | None, words: str, vendor: str, doing: str) -> tuple[str, str, str]:
    """The problem's code, what went wrong in a few words, and what to do."""
    if code in WRONG_LOGIN.get(vendor, ()) or any(sign in words for sign in NO_LOGIN):
        return "SB646", "the login is refused", LOGIN
    if code in NOT_PERMITTED.get(vendor, ()) or "permission denied" in words:
        return "SB604", "the user may not read it", RIGHTS
    if code in IN_THE_WAY.get(vendor, ()) or words in ("database is locked", "database table is locked"):
        return "SB645", "it is locked or too slow", LATE
    if code in NO_DATABASE.get(vendor, ()) or (words.endswith("does not exist") and 'database "' in words):
        return "SB603", "the database does not exist", NAME
    return "SB603", doing, ""


NUMBERED = re.compile(r"\((?P<number>\d+), ")


def reported_by_process(error_class: str, words: str, vendor: str) -> EnvironmentProblem | None:
    """The same for an error of another process, where it is one of the login, the driver or the server; None for any other."""
    if error_class in ("ImproperlyConfigured", "ModuleNotFoundError", "ImportError"):
        return EnvironmentProblem(
            "SB602", words, hint=f"In the project's environment, run: {INSTALL[vendor]}"
        )
    found = NUMBERED.match(words)
    number, doing, hint = _meant(int(found["number"]) if found else None, words, vendor, "cannot be reached")
    return EnvironmentProblem(number, f"{doing}: {words}", hint=hint) if number == "SB646" else None


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


# Before a connection exists, psycopg reports no SQLSTATE.
NO_LOGIN = (
    'FATAL: role "',
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "authentication failed for user",
)
