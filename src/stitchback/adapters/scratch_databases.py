"""Databases for trial runs: made, copied, dropped; never one that was there before.

SQLite: files of a folder of their own. PostgreSQL and MySQL/MariaDB: databases with a random name on the server of a URL, made by
a process of the project's interpreter (it has the driver), which drops what is left when we end, however we end.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, urlsplit, urlunsplit

from stitchback.adapters.connections import reported_by_process
from stitchback.adapters.project_process import ProjectProcess, Raised
from stitchback.adapters.temporary import PREFIX, is_ctrl_c, temporary_folder
from stitchback.adapters.urls import SCHEMES, DatabaseUrl
from stitchback.errors import EnvironmentProblem

HOME_DATABASES = {"postgresql": "postgres", "mysql": "information_schema"}
LONG_PATIENCE = 60.0  # seconds for dropping what is left


class ScratchDatabases(Protocol):
    """A context manager; the databases are gone after its block. `vendor` is Django's. `left_over`: databases of runs that were killed,
    which could not be dropped."""

    vendor: str
    left_over: tuple[str, ...]

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def create(self) -> str:
        """The URL of a new, empty database."""

    def copy(self, url: str) -> str:
        """The URL of a new copy of the database at `url`, which was created here. `url` must have no connections."""

    def drop(self, url: str) -> None:
        """Takes away a database that was made here."""


def scratch_databases(url: str | DatabaseUrl, python: str = sys.executable) -> ScratchDatabases:
    """`sqlite:///` (whatever follows: a folder for temporary files is used, that file is not), or the address of a server."""
    if isinstance(url, DatabaseUrl):
        return ScratchFiles() if url.vendor == "sqlite" else ScratchServer(url.complete(), python, url.alias)
    vendor = SCHEMES.get(urlsplit(url).scheme.partition("+")[0].lower())
    return ScratchFiles() if vendor == "sqlite" else ScratchServer(url, python)


class ScratchFiles:
    """SQLite files."""

    vendor = "sqlite"
    left_over: tuple[str, ...] = ()

    def __init__(self, folder: Path | None = None) -> None:
        self._parent = folder
        self._folder = Path()
        self._count = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder = self._stack.enter_context(temporary_folder(self._parent))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def create(self) -> str:
        self._count += 1
        url = f"sqlite:///{quote(str(self._folder))}/{self._count}.sqlite3"
        self._path(url).touch()  # an empty database is an empty file: readers must find it
        return url

    def copy(self, url: str) -> str:
        source, copy = self._path(url), self.create()
        shutil.copyfile(source, self._path(copy))
        return copy

    def drop(self, url: str) -> None:
        self._path(url).unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        path = Path(DatabaseUrl.parse(url).name)
        if path.parent != self._folder:
            raise PermissionError(f"{path} was not made here")
        return path


class ScratchServer:
    """Databases on a PostgreSQL or MySQL server whose user may create some."""

    def __init__(self, url: str, python: str = sys.executable, alias: str = "") -> None:
        """`alias`: what reports call the server, instead of its URL."""
        self._address = replace(_with_database(url), alias=alias)
        self.vendor = self._address.vendor
        self._url = url
        self._count = 0
        self._started = False
        self._series = secrets.token_hex(4)
        self._python = python
        self._stack = ExitStack()
        self.left_over: tuple[str, ...] = ()  # databases of killed runs that could not be dropped

    def __enter__(self) -> Self:
        with ExitStack() as failing:
            failing.push(self.__exit__)
            folder = self._stack.enter_context(temporary_folder())
            self._process = self._stack.enter_context(
                ProjectProcess(folder, os.environ, self._python, LONG_PATIENCE)
            )
            self._ask("start_bare", database=self._address.settings(), series=self._series)
            self._started = True
            self.left_over = tuple(self._ask("sweep_databases", prefix=PREFIX))
            failing.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drops all databases, however long that takes. After Ctrl-C, or where we do not get so far, the process drops them without us."""
        try:
            if self._started and not is_ctrl_c(kind):
                self._ask("drop_everything")
        finally:
            self._stack.__exit__(kind, error, trace)

    def create(self) -> str:
        return self._create(None)

    def copy(self, url: str) -> str:
        return self._create(DatabaseUrl.parse(url).name)

    def drop(self, url: str) -> None:
        self._ask("drop_database", name=DatabaseUrl.parse(url).name)

    def _create(self, source: str | None) -> str:
        self._count += 1
        name = f"{PREFIX}{self._series}_{self._count}"
        self._ask("create_database", name=name, source=source)
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def _ask(self, command: str, **arguments: object) -> Any:
        """Sends a command. Errors of the server are reported without the URL's secrets."""
        try:
            return self._process.ask(command, **arguments)
        except Raised as raised:
            words = self._address.hidden_in(" ".join(raised.message.split()))
            known = reported_by_process(raised.error_class, words, self.vendor)
            problem = known or EnvironmentProblem(
                "SB524", words, hint="verify needs a user that may create databases there."
            )
            raise EnvironmentProblem(
                problem.code, f"{self._address.redacted}: {problem.message}", hint=problem.hint
            ) from None


def _with_database(url: str) -> DatabaseUrl:
    """The server's address; a URL without a database means the one that every such server has."""
    parts = urlsplit(url)
    vendor = SCHEMES.get(parts.scheme.partition("+")[0].lower(), "")
    if parts.path in ("", "/") and vendor in HOME_DATABASES:
        url = urlunsplit(parts._replace(path=f"/{HOME_DATABASES[vendor]}"))
    return DatabaseUrl.parse(url)
