"""Operations of well-known packages, as Django's that do the same.

A project that uses another one declares it in `[tool.stitchback] operation_equivalents`.
"""

from __future__ import annotations

from collections.abc import Mapping

from stitchback.model.values import Call, Constant, Reference, Value

Arguments = tuple[tuple[Value, ...], tuple[tuple[str, Value], ...]]

_NOOP = Reference("django.db.migrations.RunPython.noop")
_EXTENSIONS: Mapping[str, str] = {
    "pgvector.django.VectorExtension": "vector",
    "pgvector.django.extensions.VectorExtension": "vector",
}
# What changes no model of Django's state and runs something of its own: triggers, functions, views.
_DATA = frozenset(
    {
        "pgtrigger.migrations.AddTrigger",
        "pgtrigger.migrations.RemoveTrigger",
        "django_migrate_sql.operations.CreateSQL",
        "django_migrate_sql.operations.AlterSQL",
        "django_migrate_sql.operations.ReverseAlterSQL",
        "django_migrate_sql.operations.DeleteSQL",
        "migrate_sql.operations.CreateSQL",
        "migrate_sql.operations.AlterSQL",
        "migrate_sql.operations.ReverseAlterSQL",
        "migrate_sql.operations.DeleteSQL",
    }
)
_NOTHING = frozenset(
    {"django_migration_linter.IgnoreMigration", "django_migration_linter.operations.IgnoreMigration"}
)


def known_operation(path: str, call: Call) -> tuple[str, Arguments] | None:
    """Django's kind and the arguments that it takes; None for any other class."""
    if path in _EXTENSIONS:
        return "CreateExtension", ((), (("name", Constant(_EXTENSIONS[path])),))
    if path in _DATA:
        return "RunPython", ((), (("code", call),))
    if path in _NOTHING:
        return "RunPython", ((), (("code", _NOOP),))
    return None
