"""Django's own `migrate`, watched; the graph and the ledger."""

from __future__ import annotations

import ast
import dis
import hashlib
import importlib
import inspect
import io
import shutil
import sys
import textwrap
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stitchback.model.session_statements import code_leaves_nothing, leaves_nothing

    Key = list[str]
else:
    from .session_statements import code_leaves_nothing, leaves_nothing  # loaded by `_project_child`


CONSTANTS = ("LOAD_CONST", "RETURN_CONST")


class StoppedHere(BaseException):
    """A crash directly after a migration was applied and recorded. Not an Exception, so that no handler catches it."""


def graph() -> dict[str, Any]:
    """The migration graph as the loader builds it without a database: `order` is the full plan of a fresh install."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    nodes = loader.graph.nodes
    return {
        "order": plan_order(loader),
        "parents": [
            [list(key), sorted(list(parent.key) for parent in loader.graph.node_map[key].parents)]
            for key in sorted(nodes)
        ],
        "leaves": [list(key) for key in sorted(loader.graph.leaf_nodes())],
        "replaces": [
            [list(key), [list(ghost) for ghost in migration.replaces]]
            for key, migration in sorted(loader.replacements.items())
        ],
        "disk": [list(key) for key in sorted(loader.disk_migrations)],
        "folders": {label: folder_of(label) for label in sorted(loader.migrated_apps)},
    }


def folder_of(label: str) -> str:
    """Where the files of an app's migrations are."""
    from django.db.migrations.loader import MigrationLoader

    package, _ = MigrationLoader.migrations_module(label)
    return str(next(iter(importlib.import_module(package).__path__)))


def forget() -> None:
    """Makes the next command read the migrations' files again; Django itself keeps imported modules."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        for name in list(sys.modules):
            if package and name.startswith(package + "."):
                del sys.modules[name]
    importlib.invalidate_caches()


def standing() -> dict[str, Any]:
    """What the loader makes of the files and the ledger: the nodes of its graph in the order of a full plan, those that count
    as applied, the leaves. Raises what the loader raises."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    order = plan_order(loader)
    return {
        "nodes": order,
        "applied": [key for key in order if tuple(key) in loader.applied_migrations],
        "leaves": [list(key) for key in sorted(loader.graph.leaf_nodes())],
    }


def plan_order(loader: Any) -> list[Key]:
    order: dict[Any, None] = {}
    for leaf in loader.graph.leaf_nodes():
        order.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return [list(key) for key in order if key in loader.graph.nodes]


def ledger() -> list[Key]:
    """The rows of `django_migrations` in the order in which they were written; [] where there is no table."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    return [[row.app, row.name] for row in recorder.migration_qs.order_by("id")]


def migrate(
    app: str | None = None,
    name: str | None = None,
    stop_after: int | None = None,
    fake: bool = False,
    fake_initial: bool = False,
    copies: list[str] | None = None,
    stop_amid: tuple[str, str, int] | None = None,
) -> dict[str, Any]:
    """`manage.py migrate [app [name]]`; `stop_after`: as if killed right after so many migrations. `copies`: where SQLite's
    file is copied to after the first migration, the second …: what a kill would have left. `stop_amid`: as if killed within that
    migration, when so many of its operations have been run."""
    from django.core.management import call_command

    watch = ExecutorWatch(stop_after, copies or [], stop_amid)
    arguments = [item for item in (app, name) if item is not None]
    options = {"verbosity": 0, "interactive": False, "fake": fake, "fake_initial": fake_initial}
    error = None
    with watch:
        try:
            call_command("migrate", *arguments, **options)
        except (KeyboardInterrupt, StoppedHere) as stopped:
            if isinstance(stopped, KeyboardInterrupt):
                raise
        except BaseException as raised:  # noqa: BLE001 - what the project's code and Django raise is the outcome
            error = raised
    return watch.report(error)


def check() -> bool:
    """Whether `migrate --check` says that nothing is left to do. Raises what it raises."""
    from django.core.management import call_command

    try:
        call_command("migrate", verbosity=0, interactive=False, check_unapplied=True)
    except SystemExit as left:
        return not left.code
    return True


def showmigrations() -> str:
    """What `showmigrations --plan` prints."""
    return manage("showmigrations", [], {"format": "plan"})


def manage(name: str, arguments: list[str], options: dict[str, Any]) -> str:
    """Any command of manage.py: what it prints. Raises what it raises."""
    from django.core.management import call_command

    text = io.StringIO()
    call_command(name, *arguments, stdout=text, no_color=True, **options)
    return text.getvalue()


class ExecutorWatch:
    """Sees every migration that an executor runs, and every data operation. Put in place for one call of `migrate`."""

    def __init__(
        self, stop_after: int | None, copies: list[str], stop_amid: tuple[str, str, int] | None
    ) -> None:
        self.stop_amid = stop_amid
        self.stop_after = stop_after
        self.copies = list(copies)
        self.data_at: list[
            int
        ] = []  # how many data operations had run after the first migration, the second …
        self.ran: list[Key] = []
        self.faked: list[Key] = []
        self.unapplied: list[Key] = []
        self.data: list[str] = []
        self.current: Key | None = None
        self.stopped = False
        self._own: list[Any] = []  # operations of the project's own that are watched

    def report(self, error: BaseException | None) -> dict[str, Any]:
        return {
            "ran": self.ran,
            "faked": self.faked,
            "unapplied": self.unapplied,
            "data": self.data,
            "data_at": self.data_at,
            "failed": self.current if error is not None else None,
            "stopped": self.stopped,
            "error": "" if error is None else type(error).__name__,
            "message": "" if error is None else str(error),
            "cause": "" if error is None else type(error.__context__).__name__,
        }

    def __enter__(self) -> ExecutorWatch:
        from django.db.migrations.executor import MigrationExecutor
        from django.db.migrations.operations import RunPython, RunSQL

        self._originals = (
            (MigrationExecutor, "__init__", MigrationExecutor.__init__),
            (RunPython, "database_forwards", RunPython.database_forwards),
            (RunSQL, "database_forwards", RunSQL.database_forwards),
        )
        MigrationExecutor.__init__ = self._watched_executor(MigrationExecutor.__init__)
        for operation in (RunPython, RunSQL):
            operation.database_forwards = self._watched_operation(operation.database_forwards)
        return self

    def __exit__(self, *_: object) -> None:
        for operation in self._own:
            del operation.database_forwards
        for owner, name, original in self._originals:
            setattr(owner, name, original)

    def _watched_executor(self, original: Any) -> Any:
        def __init__(executor: Any, connection: Any, progress_callback: Any = None) -> None:
            def callback(action: str, migration: Any = None, fake: bool = False) -> None:
                if progress_callback is not None:
                    progress_callback(action, migration, fake)
                self.saw(action, migration, fake)

            original(executor, connection, callback)

        return __init__

    def _watched_operation(self, original: Any) -> Any:
        def database_forwards(operation: Any, app_label: str, *arguments: Any, **named: Any) -> None:
            self._note(app_label, fingerprint_of(operation))
            original(operation, app_label, *arguments, **named)

        return database_forwards

    def _note(self, app_label: str, fingerprint: str) -> None:
        if fingerprint:
            self.data.append(f"{app_label}: {fingerprint}")

    def _watch_own(self, operations: list[Any]) -> None:
        """Operations of the project's own, which no class of Django's runs."""
        for operation in operations:
            self._watch_own(getattr(operation, "database_operations", []))
            if is_of_the_project(operation):
                self._own.append(operation)
                operation.database_forwards = self._watched_own(operation, operation.database_forwards)

    def _watched_own(self, operation: Any, original: Any) -> Any:
        def database_forwards(app_label: str, *arguments: Any, **named: Any) -> None:
            self._note(app_label, fingerprint_of_own(operation))
            original(app_label, *arguments, **named)

        return database_forwards

    def saw(self, action: str, migration: Any, fake: bool) -> None:
        """`MigrationExecutor.apply_migration` reports `apply_success` once the row is written."""
        if migration is None:
            return
        key = [migration.app_label, migration.name]
        if action in ("apply_start", "unapply_start"):
            self.current = key
            self._watch_own(migration.operations)
            if self.stop_amid is not None and key == list(self.stop_amid[:2]):
                migration.operations.insert(self.stop_amid[2], self._death())
        elif action == "apply_success":
            (self.faked if fake else self.ran).append(key)
            self.current = None
            self.copy()
            if self.stop_after is not None and len(self.ran) + len(self.faked) >= self.stop_after:
                self.stopped = True
                raise StoppedHere
        elif action == "unapply_success":
            self.unapplied.append(key)
            self.current = None

    def _death(self) -> Any:
        """An operation at which the process is gone. `Migration.operations` is the executor's own list, and lives as long."""
        from django.db.migrations.operations import SeparateDatabaseAndState

        def die(*arguments: Any) -> None:
            self.stopped = True
            raise StoppedHere

        operation = SeparateDatabaseAndState()
        operation.database_forwards = die
        return operation

    def copy(self) -> None:
        """The migration is committed, and nothing is open."""
        from django.db import connection

        self.data_at.append(len(self.data))
        if self.copies:
            shutil.copyfile(connection.settings_dict["NAME"], self.copies.pop(0))


def fingerprint_of(operation: Any) -> str:
    """The same for RunPython and RunSQL that do the same; "" for one that leaves nothing in a database."""
    code = getattr(operation, "code", None)
    if code is None:
        sql = operation.sql
        return "" if not sql or sql_leaves_nothing(sql) else "sql:" + _digest(repr(sql))
    if code is type(operation).noop or getattr(code, "__name__", "") == "noop":
        return ""
    compiled = getattr(code, "__code__", None)
    if compiled is not None and (does_nothing(compiled) or source_leaves_nothing(code)):
        return ""
    return "python:" + _digest(repr(code) if compiled is None else _essence(compiled))


def is_of_the_project(operation: Any) -> bool:
    """Whether the operation extends `Operation` alone, and has not been watched before."""
    from django.db.migrations.operations.base import Operation

    djangos = [each for each in type(operation).__mro__ if each.__module__.startswith("django.")]
    return djangos == [Operation] and "database_forwards" not in vars(operation)


def fingerprint_of_own(operation: Any) -> str:
    """As `fingerprint_of`, of an operation of the project's own."""
    forwards = type(operation).database_forwards
    compiled = getattr(forwards, "__code__", None)
    if compiled is not None and (does_nothing(compiled) or source_leaves_nothing(forwards)):
        return ""
    essence = repr(forwards) if compiled is None else _essence(compiled)
    return "operation:" + _digest(repr((essence, operation._constructor_args)))


def sql_leaves_nothing(sql: Any) -> bool:
    """Whether each statement is one of the session (`RunSQL._run_sql` takes a text, or a list of texts and pairs)."""
    if isinstance(sql, str):
        return leaves_nothing(sql)
    texts = [each[0] if isinstance(each, (list, tuple)) and len(each) == 2 else each for each in sql]
    return all(each is None or (isinstance(each, str) and leaves_nothing(each)) for each in texts)


def source_leaves_nothing(code: Any) -> bool:
    """Whether the function executes statements of the session alone; False where its source cannot be read."""
    try:
        (statement,) = ast.parse(textwrap.dedent(inspect.getsource(code))).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return False
    return code_leaves_nothing(statement)


def does_nothing(code: CodeType) -> bool:
    """A body of `pass`, or of a docstring alone."""
    return all(
        step.opname in ("RESUME", "NOP", "RETURN_VALUE") or (step.opname in CONSTANTS and step.argval is None)
        for step in dis.get_instructions(code)
    )


def _essence(code: CodeType) -> str:
    """What a function does, without its name, its line numbers and the names of its locals."""
    constants = [_essence(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return repr((code.co_code, constants, code.co_names))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
