"""Django's loader with its ledger in memory: the same code with another recorder.

`MigrationLoader.build_graph` and `check_consistent_history` create a `MigrationRecorder` by the module's
global name, and that recorder queries a real connection. Here the same functions are rebound to globals in
which the name is the in-memory recorder. Django itself is not patched, so a project in the same process is
not affected.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from django.db.migrations import loader as django_loader
from django.db.migrations.recorder import MigrationRecorder


class LedgerRecorder(MigrationRecorder):  # type: ignore[misc]
    """Django's recorder over the rows of the connection. Rows may be duplicated, as the table has no unique
    constraint.
    """

    def has_table(self) -> bool:
        return True

    def ensure_schema(self) -> None:
        return None

    def applied_migrations(self) -> dict[tuple[str, str], bool]:
        return dict.fromkeys((*self.connection.installed, *self.connection.rows), True)

    def record_applied(self, app: str, name: str) -> None:
        self.connection.write((app, name))

    def record_unapplied(self, app: str, name: str) -> None:
        self.connection.erase((app, name))


def rebound(function: FunctionType) -> FunctionType:
    """Django's function, with `MigrationRecorder` replaced by the in-memory recorder."""
    names = {**vars(django_loader), "MigrationRecorder": LedgerRecorder}
    return FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


def rebound_methods(cls: type) -> dict[str, Any]:
    functions = {name: value for name, value in vars(cls).items() if isinstance(value, FunctionType)}
    return {
        name: rebound(function)
        for name, function in functions.items()
        if "MigrationRecorder" in function.__code__.co_names
    }


LedgerLoader = type(
    "LedgerLoader", (django_loader.MigrationLoader,), rebound_methods(django_loader.MigrationLoader)
)
