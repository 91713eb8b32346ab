"""Operations whose database half looks first: the source of one self-contained class per kind of operation.

Such a class is put into a migration file, so that the project needs nothing of stitchback to run its migrations. It serves

* as a **guard**, in the place of the ordinary operation: the state half as always, the database half left out where the
  thing is there already (a removal: where it is gone already);
* as a **bridge**, at the leaf, where the state already is as it should be and only the database may not be: the state
  half changes nothing, and the database half makes what the database lacks.

Laws of all of them, shown on SQLite, PostgreSQL and MariaDB by `tests/django/test_conditional.py`:

* What is there is left alone, the rows in it too; running one twice is running it once.
* **Backwards takes nothing away**: nobody can know whether this operation or the other branch's migration made the thing.
  What an operation removed is put back where the earlier state had it, a rename is taken back, an alteration goes to the
  earlier state. A column that stays behind, not null and without a default in the database, has to be dropped by hand
  before older code can insert rows again.
* Routers, unmanaged, proxy and swapped models: as in Django (`allow_migrate_model` decides).
* Tables and columns are compared by their exact names. Where the looking misses (a schema-qualified `db_table`), the
  ordinary operation runs and fails as it would have without us: loudly.

What a bridge cannot know, because the state no longer holds it: DeleteModel takes the table of Django's default name and no
many-to-many table; RemoveField takes the column `name` or `name_id`, or the table of a many-to-many field of that name.
In a bridge AddField comes before everything else: SQLite rebuilds whole tables, and only AddField keeps out of that what the
table still lacks.
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
    """`kind` is Django's class, `name` the class that `source` defines. `imports` are the dotted paths that the source
    expects to be bound by their last name: `django.db.models` as `models`, `copy` as `copy`."""

    kind: str
    name: str
    source: str
    imports: tuple[str, ...] = (MIGRATIONS,)


def recognise(definition: ast.ClassDef) -> Template | None:
    """The template that this class is, letter for letter once layout and comments are taken out; None for any other."""
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
