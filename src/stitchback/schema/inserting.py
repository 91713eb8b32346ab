"""Which values the rows of an INSERT must have.

Source: `Field._get_default`, `Field.empty_strings_allowed`, `DateField.pre_save`.
"""

from __future__ import annotations

from stitchback.model.physical import Column
from stitchback.model.state import Field
from stitchback.model.values import TRUE
from stitchback.schema.field_classes import djangos_ancestry
from stitchback.schema.fields import has_argument
from stitchback.schema.known_fields import MODELS
from stitchback.schema.tables import AUTO_COLUMN, holds_key
from stitchback.schema.visible import GENERATED, has_column

# Django inserts an empty string, or no bytes, where no value is given.
EMPTY_IS_A_VALUE = frozenset(
    {MODELS + name for name in ("CharField", "TextField", "FileField", "FilePathField", "BinaryField")}
)


def must_be_given(field: Field, *, by_sql: bool) -> bool:
    """Whether a row without a value for it is refused by the database; where Django inserts the row, it fills in its default."""
    if not has_column(field) or holds_key(field) or field.path in (GENERATED, MODELS + "NullBooleanField"):
        return False
    if has_argument(field, "null") or field.argument("db_default") is not None:
        return False
    if by_sql:
        return True
    if field.argument("default") is not None or TRUE in (
        field.argument("auto_now"),
        field.argument("auto_now_add"),
    ):
        return False
    return EMPTY_IS_A_VALUE.isdisjoint((field.path, *djangos_ancestry(field.base or field.path)))


def column_must_be_given(column: Column) -> bool:
    """The same of a column in a database."""
    has_default = any(name == "db_default" for name, _ in column.options)
    known = column.is_read and column != AUTO_COLUMN and column.type != "GeneratedField"
    return known and not (column.null or column.primary_key or has_default)
