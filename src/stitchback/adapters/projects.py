"""Runs a project's own code in a separate process: its interpreter, its settings, its Django (DESIGN, Proving).

Reading and planning run no code of a branch. This is for `verify`, and for the tests with real Django: the caller asks for it explicitly.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stitchback.adapters.project_process import ProjectProcess, Raised
from stitchback.adapters.project_settings import VARIABLE, ProjectPlace, find_project
from stitchback.adapters.urls import DatabaseUrl
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import LedgerStanding
from stitchback.model.verify_reports import QueryAnswer

__all__ = [
    "DatabaseSchema",
    "Keys",
    "MigrateOutcome",
    "ProjectGraph",
    "ProjectSession",
    "Raised",
    "Rows",
    "Snapshot",
]

Keys = tuple[MigrationKey, ...]
UNTRIED = "not tried: "


@dataclass(frozen=True, slots=True)
class MigrateOutcome:
    """What one call of `migrate` did. `ran` in the order of running, without faked ones; `data`: fingerprints of the RunPython
    and RunSQL operations that were run forwards, empty ones left out, and `data_at` how many of them had run after each migration. `failed` is the migration that was being
    run when Django raised, None where it raised before or after. No error: `error_class` is "". `cause_class`: of the exception
    during which it was raised."""

    ran: Keys = ()
    faked: Keys = ()
    unapplied: Keys = ()
    data: tuple[str, ...] = ()
    data_at: tuple[int, ...] = ()
    failed: MigrationKey | None = None
    stopped: bool = False
    error_class: str = ""
    error_message: str = ""
    cause_class: str = ""

    @property
    def went_well(self) -> bool:
        return not self.error_class


@dataclass(frozen=True, slots=True)
class ProjectGraph:
    """The migration graph as the project's Django loads it. `order` is the full plan of a fresh install; `disk` has the
    squashed migrations too whose replacement stands in the graph."""

    order: Keys
    parents: Mapping[MigrationKey, Keys]
    leaves: Keys
    replaces: Mapping[MigrationKey, Keys]
    disk: Keys
    folders: Mapping[str, Path]  # app label -> where its migrations' files are


@dataclass(frozen=True, slots=True)
class DatabaseSchema:
    """A database's schema as `in_project.schema` gives it: equal values for equal schemas."""

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


Rows = Mapping[str, tuple[Mapping[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a database holds; `ledger` in the order of writing."""

    ledger: Keys
    schema: DatabaseSchema
    rows: Rows


class ProjectSession:
    """One process for one tree; it works for any number of databases, each named by its URL with the command.

    `tree` is a work tree or an exported folder, `settings` the settings module (None: what `manage.py` names), `python` the
    project's interpreter, `folder` the Django project's in the tree. Use it as a context manager: the process ends with the block.
    """

    def __init__(
        self,
        tree: Path,
        settings: str | None = None,
        python: str = sys.executable,
        *,
        environment: Mapping[str, str] | None = None,
        folder: str = "",
    ) -> None:
        self.place: ProjectPlace = find_project(tree, settings, folder)
        said = {**(environment or {}), VARIABLE: self.place.settings}
        self._process = ProjectProcess(self.place.folder, said, python, patience=0)
        self.django = ""
        self.apps: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._process.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    def last_words(self) -> tuple[str, ...]:
        """The end of what the project's code has printed."""
        return self._process.last_words()

    def start(self, url: str) -> None:
        """Sets Django up with `url` as its default database. Every other command does so first if needed."""
        found = self._process.ask("start", database=_settings(url))
        self.django, self.apps = found["django"], tuple(found["apps"])

    def graph(self, url: str) -> ProjectGraph:
        """The graph of the tree as it is now (`url` is used where Django has not been set up yet)."""
        self._start_once(url)
        found = self._process.ask("graph")
        return ProjectGraph(
            order=_keys(found["order"]),
            parents={_key(key): _keys(parents) for key, parents in found["parents"]},
            leaves=_keys(found["leaves"]),
            replaces={_key(key): _keys(ghosts) for key, ghosts in found["replaces"]},
            disk=_keys(found["disk"]),
            folders={label: Path(folder) for label, folder in found["folders"].items()},
        )

    def forget(self) -> None:
        """Reports that the migrations' files have changed: the next command reads them again."""
        if self.django:
            self._process.ask("forget")

    def standing(self, url: str) -> LedgerStanding:
        """Raises Raised where the loader cannot build its graph."""
        found = self._on(url, "standing")
        return LedgerStanding(
            _keys(found["nodes"]), frozenset(_keys(found["applied"])), _keys(found["leaves"])
        )

    def snapshot(self, url: str) -> Snapshot:
        found = self._on(url, "snapshot")
        schema = DatabaseSchema(found["tables"], found["views"])
        return Snapshot(_keys(found["ledger"]), schema, _rows(found["rows"]))

    def ledger(self, url: str) -> Keys:
        """The rows of `django_migrations`, in the order of writing, doubles too."""
        return _keys(self._on(url, "ledger"))

    def migrate(
        self,
        url: str,
        app: str | None = None,
        name: str | None = None,
        *,
        stop_after: int | None = None,
        fake: bool = False,
        fake_initial: bool = False,
        copies: Sequence[str] = (),
        stop_amid: tuple[MigrationKey, int] | None = None,
    ) -> MigrateOutcome:
        """`manage.py migrate [app [name]]`. `stop_after` n: as if the process were killed right after the nth migration was
        applied and recorded, before `check_replacements` (FACTS F26). `copies`: SQLite databases that get what each such kill
        would have left, in turn, while the run goes on. `stop_amid`: as if killed within that migration, when so many of its operations
        had been run (MySQL keeps what they did)."""
        places = [DatabaseUrl.parse(copy).name for copy in copies]
        found = self._on(
            url,
            "migrate",
            app=app,
            name=name,
            stop_after=stop_after,
            fake=fake,
            fake_initial=fake_initial,
            copies=places,
            stop_amid=None if stop_amid is None else (stop_amid[0].app, stop_amid[0].name, stop_amid[1]),
        )
        return MigrateOutcome(
            ran=_keys(found["ran"]),
            faked=_keys(found["faked"]),
            unapplied=_keys(found["unapplied"]),
            data=tuple(found["data"]),
            data_at=tuple(found["data_at"]),
            failed=_key(found["failed"]) if found["failed"] else None,
            stopped=found["stopped"],
            error_class=found["error"],
            error_message=found["message"],
            cause_class=found["cause"],
        )

    def check(self, url: str) -> bool:
        """Whether `migrate --check` finds nothing to do (FACTS F3: that proves nothing). Raises Raised where Django does."""
        return bool(self._on(url, "check"))

    def showmigrations(self, url: str) -> str:
        """What `showmigrations --plan` prints."""
        return str(self._on(url, "showmigrations"))

    def manage(self, url: str, command: str, *arguments: str, **options: object) -> str:
        """What `manage.py COMMAND ARGUMENTS` prints, options by their names in `call_command`. Raises Raised where it raises."""
        return str(self._on(url, "manage", name=command, arguments=arguments, options=options))

    def schema(self, url: str) -> DatabaseSchema:
        found = self._on(url, "schema")
        return DatabaseSchema(found["tables"], found["views"])

    def rows(self, url: str) -> Rows:
        """All rows but the ledger's, table by table, sorted."""
        return _rows(self._on(url, "rows"))

    def fill(self, url: str, known: Rows | None = None) -> tuple[str, ...]:
        """Puts rows with a value of its own in every column where a table has none, and such values into columns that `known`
        (rows as they were before) does not have. Returns what could not be filled, in words."""
        columns = {table: sorted(rows[0]) for table, rows in (known or {}).items() if rows}
        return tuple(self._on(url, "fill", known=columns))

    def queries(self, url: str, apps: Sequence[str] | None = None) -> tuple[QueryAnswer, ...]:
        """What the ORM of this tree does on the database: selects and inserts, all rolled back. `apps`: labels, None for all."""
        answers = self._on(url, "queries", apps=apps)
        return tuple(_answer(*answer) for answer in answers)

    def execute(self, url: str, sql: str) -> None:
        """Runs a script on the database. Raises Raised where the engine refuses it."""
        self._on(url, "execute", sql=sql)

    def _on(self, url: str, command: str, **arguments: Any) -> Any:
        self._start_once(url)
        return self._process.ask(command, database=_settings(url), **arguments)

    def _start_once(self, url: str) -> None:
        if not self.django:
            self.start(url)


def _settings(url: str) -> dict[str, object]:
    """An entry of DATABASES; a relative path is one of ours, not of the project's."""
    address = DatabaseUrl.parse(url)
    if address.vendor == "sqlite":
        address = replace(address, name=str(Path(address.name).absolute()))
    return address.settings()


def _answer(model: str, query: str, field: str, raised: str) -> QueryAnswer:
    if raised.startswith(UNTRIED):
        return QueryAnswer(model, query, field, reason=raised.removeprefix(UNTRIED))
    return QueryAnswer(model, query, field, raised)


def _key(pair: list[str]) -> MigrationKey:
    return MigrationKey(pair[0], pair[1])


def _rows(tables: dict[str, list[dict[str, Any]]]) -> Rows:
    return {table: tuple(rows) for table, rows in tables.items()}


def _keys(pairs: list[list[str]]) -> Keys:
    return tuple(map(_key, pairs))
