"""What the positional arguments of Django's operations are called.

Source: `django.db.migrations.operations.__all__` and `django.contrib.postgres.operations`, Django 1.7 to 6.1. A test compares
the table with the Django that is installed.
"""

from __future__ import annotations

from collections.abc import Mapping

_MIGRATIONS = "django.db.migrations"
_POSTGRES = "django.contrib.postgres.operations"

_CORE: Mapping[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterModelOptions": ("name", "options"),
    "AlterModelManagers": ("name", "managers"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": ("model_name", "name", "field"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name", "index"),
    "RemoveIndex": ("model_name", "name"),
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "AddConstraint": ("model_name", "constraint"),
    "RemoveConstraint": ("model_name", "name"),
    "AlterConstraint": ("model_name", "name", "constraint"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "RunSQL": ("sql", "reverse_sql", "state_operations", "hints", "elidable"),
    "RunPython": ("code", "reverse_code", "atomic", "hints", "elidable"),
}

_CONTRIB: Mapping[str, tuple[str, ...]] = {
    "CreateExtension": ("name",),
    "BloomExtension": (),
    "BtreeGinExtension": (),
    "BtreeGistExtension": (),
    "CITextExtension": (),
    "CryptoExtension": (),
    "HStoreExtension": (),
    "TrigramExtension": (),
    "UnaccentExtension": (),
    "AddIndexConcurrently": ("model_name", "index"),
    "RemoveIndexConcurrently": ("model_name", "name"),
    "CreateCollation": ("name", "locale"),
    "RemoveCollation": ("name", "locale"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "ValidateConstraint": ("model_name", "name"),
}

SIGNATURES: Mapping[str, tuple[str, ...]] = {**_CORE, **_CONTRIB}

# Import path (as `names.canonical` gives it) -> kind.
KINDS: Mapping[str, str] = {
    **{f"{_MIGRATIONS}.{name}": name for name in _CORE},
    **{f"{_POSTGRES}.{name}": name for name in _CONTRIB},
}

# Lists of operations within an operation: parameter -> which half of the operation it is.
DATABASE_OPERATIONS = "database_operations"
STATE_OPERATIONS = "state_operations"
