"""Operations that check the database first: the source of one self-contained class per kind of operation.

Such a class is written into a migration file, so that the project can run its migrations without stitchback.
It is used

* as a **guard**, in place of the ordinary operation: the state operation is unchanged, and the database
  operation is skipped if the schema object already exists (for a removal: if it is already gone);
* as a **bridge**, at the leaf node, when the state is already correct and only the database may not be: the
  state operation does nothing, and the database operation adds what the database lacks.

Rules for all of them, tested on SQLite, PostgreSQL and MariaDB by `tests/django/test_conditional.py`:

* What exists is left unchanged, with its rows. Running an operation twice has the same effect as running it
  once.
* **Backwards removes nothing**: it is unknown whether this operation or the other branch's migration created
  the object. What an operation removed is recreated if the earlier state had it, a rename is reversed, an
  alteration returns to the earlier state. A remaining column that is NOT NULL without a database default must
  be dropped manually before older code can insert rows.
* Routers, unmanaged, proxy and swapped models: as in Django (`allow_migrate_model` decides).
* Tables and columns are compared by their exact names. If the check cannot find an object (a schema-qualified
  `db_table`), the ordinary operation runs and fails with the error that it would raise without the check.

A bridge lacks what the state no longer contains: DeleteModel drops the table with Django's default name and
no many-to-many table; RemoveField drops the column `name` or `name_id`, or the table of a many-to-many field
of that name. In a bridge AddField comes first: SQLite recreates whole tables, and only AddField leaves out of
the new table what the old one still lacks.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from stitchback.model import conditional_fields as fields
from stitchback.model import conditional_models as models

MIGRATIONS = "django.db.migrations"
MODELS = "django.db.models"


@dataclass(frozen=True, slots=True)
class Template:
    """`kind` is Django's class, `name` the class that `source` defines. `imports` are the dotted paths that
    the source expects to be bound by their last name: `django.db.models` as `models`, `copy` as `copy`.
    """

    kind: str
    name: str
    source: str
    imports: tuple[str, ...] = (MIGRATIONS,)


def recognise(definition: ast.ClassDef) -> Template | None:
    """The template that equals this class, apart from layout and comments. None for any other class."""
    return _by_text().get(ast.unparse(definition))


@cache
def _by_text() -> Mapping[str, Template]:
    return {ast.unparse(ast.parse(template.source)): template for template in TEMPLATES.values()}


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.kind: template
        for template in (
            Template("AddField", "AddFieldIfMissing", fields.ADD_FIELD),
            Template("RemoveField", "RemoveFieldIfPresent", fields.REMOVE_FIELD, (MIGRATIONS, MODELS)),
            Template("AlterField", "AlterFieldIfNeeded", fields.ALTER_FIELD, ("copy", MIGRATIONS, MODELS)),
            Template("RenameField", "RenameFieldIfNeeded", fields.RENAME_FIELD),
            Template("CreateModel", "CreateModelIfMissing", models.CREATE_MODEL),
            Template("DeleteModel", "DeleteModelIfPresent", models.DELETE_MODEL, (MIGRATIONS, MODELS)),
            Template("RenameModel", "RenameModelIfNeeded", models.RENAME_MODEL),
            Template("AddIndex", "AddIndexIfMissing", models.ADD_INDEX),
            Template("RemoveIndex", "RemoveIndexIfPresent", models.REMOVE_INDEX, (MIGRATIONS, MODELS)),
            Template("AddConstraint", "AddConstraintIfMissing", models.ADD_CONSTRAINT),
            Template("RemoveConstraint", "RemoveConstraintIfPresent", models.REMOVE_CONSTRAINT),
            Template("AlterUniqueTogether", "AlterUniqueTogetherIfNeeded", models.ALTER_UNIQUE_TOGETHER),
        )
    }
)
