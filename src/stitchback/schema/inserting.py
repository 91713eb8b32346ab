"""Which values the rows of an INSERT must have, and the rows that a table has already get in a new column, or in one that no longer takes NULL.

Source: `Field._get_default`, `Field.empty_strings_allowed`, `DateField.pre_save`, `BaseDatabaseSchemaEditor.effective_default`, `AddField.database_forwards`
(`preserve_default`).
"""

from __future__ import annotations

from stitchback.model.physical import Column
from stitchback.model.state import Field
from stitchback.model.values import TRUE, Value
from stitchback.schema.field_classes import MODELS
from stitchback.schema.fields import has_argument
from stitchback.schema.tables import AUTO_COLUMN, holds_key
from stitchback.schema.visible import GENERATED, has_column, lineage

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
    return EMPTY_IS_A_VALUE.isdisjoint(lineage(field))


def column_must_be_given(column: Column) -> bool:
    """The same of a column in a database."""
    has_default = any(name == "db_default" for name, _ in column.options)
    known = column.is_read and column != AUTO_COLUMN and column.type != "GeneratedField"
    return known and not (column.null or column.primary_key or has_default)


def lacks_row_value(field: Field, default: Value | None) -> bool:
    """Whether a table with rows refuses the column. `default`: the operation's own, which the models need not keep."""
    if default is not None or field.argument("default") is not None or not must_be_given(field, by_sql=True):
        return False
    if TRUE in (field.argument("auto_now"), field.argument("auto_now_add")):
        return False
    is_text = not EMPTY_IS_A_VALUE.isdisjoint(lineage(field))
    return not (has_argument(field, "blank") and is_text)
