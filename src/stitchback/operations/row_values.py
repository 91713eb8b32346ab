"""Which value the rows that a table has already get in a column that is added, or that no longer takes NULL.

Source: `BaseDatabaseSchemaEditor.effective_default`, `AddField.database_forwards` (`preserve_default`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import Field
from stitchback.model.values import TRUE, Call, Value
from stitchback.schema.field_classes import djangos_ancestry
from stitchback.schema.fields import has_argument
from stitchback.schema.inserting import EMPTY_IS_A_VALUE, must_be_given

GIVES_VALUES = ("AddField", "AlterField")


def lacks_row_value(field: Field, default: Value | None) -> bool:
    """Whether a table with rows refuses the column. `default`: the operation's own, which the models need not keep."""
    if default is not None or field.argument("default") is not None or not must_be_given(field, by_sql=True):
        return False
    if TRUE in (field.argument("auto_now"), field.argument("auto_now_add")):
        return False
    is_text = not EMPTY_IS_A_VALUE.isdisjoint((field.path, *djangos_ancestry(field.base or field.path)))
    return not (has_argument(field, "blank") and is_text)


def default_of(operation: Operation) -> Value | None:
    """The default in the operation's field, kept in the models or not."""
    field = operation.argument("field")
    return dict(field.kwargs).get("default") if isinstance(field, Call) else None


def column_operations(operations: Iterable[Operation | Opaque]) -> Iterator[Operation]:
    """The AddField and AlterField that a database gets, those inside SeparateDatabaseAndState included."""
    for operation in operations:
        if isinstance(operation, Opaque):
            continue
        if operation.kind in GIVES_VALUES:
            yield operation
        yield from column_operations(operation.database)
