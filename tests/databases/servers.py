"""Real databases for tests, made and dropped by the tests, and the engines' own clients.

SQLite is always there. A server is used where its URL stands in the environment:
STITCHBACK_TEST_POSTGRES=postgresql://user@host/postgres, STITCHBACK_TEST_MYSQL=mysql://root@host/mysql. The account must be
allowed to create databases; nothing is done in a database that a test has not created.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stitchback.adapters.connections import connected
from stitchback.adapters.databases import DatabaseReading, LiveDatabase, open_database
from stitchback.adapters.urls import DatabaseUrl
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger

PYTHON_CLIENT = (
    "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).executescript(sys.stdin.read())"
)


class Server(ABC):
    """One engine: makes empty databases, and runs scripts with the engine's own client."""

    vendor: str
    variable: str = ""

    @abstractmethod
    def create(self, folder: Path) -> DatabaseUrl: ...

    @abstractmethod
    def drop(self, url: DatabaseUrl) -> None: ...

    @abstractmethod
    def command(self, url: DatabaseUrl) -> Sequence[str]:
        """The client, reading SQL from its standard input and stopping at the first error."""

    def start(self, url: DatabaseUrl) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        environment = {**os.environ, "LC_ALL": "C"}
        return subprocess.Popen(
            self.command(url), stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
        )

    def client(self, url: DatabaseUrl, script: str, *, check: bool = True) -> str:
        """The script through the client; what it printed."""
        process = self.start(url)
        out, err = process.communicate(script, timeout=60)
        assert not check or process.returncode == 0, f"{err}\n{out}"
        return out

    @abstractmethod
    def works_inside_a_transaction(self, database: LiveDatabase) -> bool:
        """Whether another session holds the lock of a repair."""


class Sqlite(Server):
    vendor = "sqlite"

    def create(self, folder: Path) -> DatabaseUrl:
        path = folder / f"{uuid.uuid4().hex}.sqlite3"
        path.touch()
        return DatabaseUrl("sqlite", str(path))

    def drop(self, url: DatabaseUrl) -> None:
        Path(url.name).unlink()

    def command(self, url: DatabaseUrl) -> Sequence[str]:
        if shutil.which("sqlite3"):
            return ("sqlite3", "-bail", url.name)
        # Where the machine has no sqlite3: the library's own reading of a script, by Python's module.
        return (sys.executable, "-c", PYTHON_CLIENT, url.name)

    def works_inside_a_transaction(self, database: LiveDatabase) -> bool:
        import sqlite3

        connection = sqlite3.connect(
            database.url.name if database.url else "", timeout=0, isolation_level=None
        )
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False


class Postgresql(Server):
    vendor = "postgresql"
    variable = "STITCHBACK_TEST_POSTGRES"

    @property
    def admin(self) -> DatabaseUrl:
        return DatabaseUrl.parse(os.environ[self.variable])

    def create(self, folder: Path) -> DatabaseUrl:
        name = f"stitchback_test_{uuid.uuid4().hex[:16]}"
        execute(self.admin, f'CREATE DATABASE "{name}"')
        return replace(self.admin, name=name)

    def drop(self, url: DatabaseUrl) -> None:
        execute(self.admin, f'DROP DATABASE "{url.name}" WITH (FORCE)')

    def command(self, url: DatabaseUrl) -> Sequence[str]:
        address = ["-h", url.host, "-p", str(url.port or 5432), "-U", url.user, "-d", url.name]
        return ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *address, "-f", "-")

    def works_inside_a_transaction(self, database: LiveDatabase) -> bool:
        sql = "SELECT 1 FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted AND relation = 'django_migrations'::regclass"
        return bool(database._select(sql))


class Mysql(Server):
    vendor = "mysql"
    variable = "STITCHBACK_TEST_MYSQL"

    @property
    def admin(self) -> DatabaseUrl:
        return DatabaseUrl.parse(os.environ[self.variable])

    def create(self, folder: Path) -> DatabaseUrl:
        name = f"stitchback_test_{uuid.uuid4().hex[:16]}"
        execute(self.admin, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        return replace(self.admin, name=name)

    def drop(self, url: DatabaseUrl) -> None:
        execute(self.admin, f"DROP DATABASE `{url.name}`")

    def command(self, url: DatabaseUrl) -> Sequence[str]:
        program = "mariadb" if shutil.which("mariadb") else "mysql"
        password = [f"--password={url.password}"] if url.password else []
        address = ["-h", url.host, "-P", str(url.port or 3306), "-u", url.user, *password, url.name]
        return (program, "--no-defaults", "--batch", "--skip-column-names", "--unbuffered", *address)

    def works_inside_a_transaction(self, database: LiveDatabase) -> bool:
        sql = "SELECT IS_USED_LOCK(CONCAT('stitchback.', MD5(DATABASE())))"
        return database._select(sql)[0][0] is not None


SERVERS: tuple[Server, ...] = (Sqlite(), Postgresql(), Mysql())


def execute(url: DatabaseUrl, *statements: str) -> None:
    with connected(url, writable=True) as connection, connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


def make_ledger(url: DatabaseUrl, *keys: MigrationKey) -> None:
    """The table as Django makes it, and rows as Django writes them."""
    from django.db.migrations.recorder import MigrationRecorder
    from django.utils.timezone import now

    with connected(url, writable=True) as connection, connection.cursor() as cursor:
        model = MigrationRecorder.Migration
        # Its SQL only: `atomic` looks the alias up in Django's registry, which does not know this connection.
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            editor.create_model(model)
        for sql in editor.collected_sql:
            cursor.execute(sql)
        applied = model._meta.get_field("applied")
        for key in keys:
            values = (key.app, key.name, applied.get_db_prep_save(now(), connection))
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", values)


def reading(url: DatabaseUrl) -> DatabaseReading:
    with open_database(url) as database:
        return database.read(with_schema=True)


def ledger(url: DatabaseUrl) -> Ledger:
    return reading(url).ledger
