"""Connections through Django's own backends, to databases that are not in any settings, and what their errors mean. SQLite files are read without leaving
other files behind.

Opening a database in WAL mode for reading creates files `-wal` and `-shm`, which belong to the user who opened it (FACTS F40): the application's own
user may then be unable to write. If no `-wal` has content, the file is opened as immutable; otherwise a copy of both is read. Source:
https://sqlite.org/wal.html, "Read-Only Databases"; https://sqlite.org/fileformat.html.

Nothing of a project is imported: where no settings are configured yet, a few plain ones are, so that a
DJANGO_SETTINGS_MODULE of the surroundings is never loaded.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from stitchback.adapters.in_project.mysql_driver import use_pymysql
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem

VERSION_AT = 18  # "file format write version", one byte: 2 is WAL
WAL = 2
MOST_COPIED = 2 * 1024**3  # bytes
TRIES = 5
PAUSE = 0.1  # seconds, before a copy is made again
PREFIX = "stitchback_read_"

Stamp = tuple[tuple[int, int] | None, ...]

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


class Changed(EnvironmentProblem):
    """The file was written while it was read, and nothing held the writer off."""


@contextmanager
def undisturbed(path: Path, name: str) -> Iterator[str]:
    """What SQLite is to open in the file's place, as a URI. `name` is for people. Raises EnvironmentProblem: SB603, SB604, Changed at the
    end of the block."""
    path = path.resolve()  # as SQLite does: the `-wal` is beside the file, not beside a link to it
    try:
        if not is_in_wal_mode(path):
            yield f"file:{quote(path.as_posix())}?mode=ro"
            return
        before = stamp(path)
        if before[1] is None or before[1][0] == 0:
            yield f"file:{quote(path.as_posix())}?mode=ro&immutable=1"
            if stamp(path) != before:
                raise Changed(
                    "SB603",
                    f"{name}: another process wrote to it while it was read",
                    hint="Run the command again.",
                )
            return
        with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
            yield f"file:{quote(_copied(path, Path(folder), name).as_posix())}?mode=rw"
    except OSError as error:
        code = "SB604" if isinstance(error, PermissionError) else "SB603"
        raise EnvironmentProblem(code, f"{name}: cannot be read: {error.strerror}") from error


def is_in_wal_mode(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(VERSION_AT)
        return file.read(1) == bytes((WAL,))


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def stamp(path: Path) -> Stamp:
    """Size and time of the file, and of its `-wal`; None where there is none."""
    return tuple(_stamp(file) for file in (path, wal_of(path)))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


def _copied(path: Path, folder: Path, name: str) -> Path:
    """A copy with its `-wal`, both of one moment."""
    for _ in range(TRIES):
        before = stamp(path)
        size = sum(part[0] for part in before if part)
        if size > MOST_COPIED:
            raise EnvironmentProblem(
                "SB603",
                f"{name}: it is in WAL mode and in use, and its {size:,} bytes are too many to copy",
                hint="To read it, SQLite would write files beside it. Make a copy with `sqlite3 FILE '.backup COPY'`, and give that.",
            )
        copy = folder / "copy.sqlite3"
        shutil.copyfile(path, copy)
        if before[1] is not None:
            shutil.copyfile(wal_of(path), wal_of(copy))
        if stamp(path) == before:
            return copy
        time.sleep(PAUSE)
    raise Changed(
        "SB603",
        f"{name}: another process wrote to it each time that it was copied",
        hint="Run the command again.",
    )


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
