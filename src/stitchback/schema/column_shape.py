"""What of a column decides which values it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from stitchback.model.command_cache import by_value
from stitchback.model.physical import Column
from stitchback.schema.inserting import column_must_be_given
from stitchback.schema.tables import AUTO_COLUMN

_ARGUMENT = re.compile(r"\b(max_digits|decimal_places)=(\d+)")


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """`kind`: the class of the field, "varchar", "boolean", "json", "reference", "automatic" or "opaque". `size`: of a varchar. `digits` and `places`: of a
    DecimalField. `table`: that a foreign key refers to, and `constrained`: whether the database enforces it. `default`: the text of `db_default`,
    "" for none. `must_be_given`: an INSERT without a value for the column is refused."""

    column: Column
    kind: str
    size: int | None = None
    digits: int | None = None
    places: int | None = None
    null: bool = False
    default: str = ""
    table: str = ""
    constrained: bool = False
    must_be_given: bool = False

    @property
    def type_text(self) -> str:
        """The type alone, in words, without what else the column has."""
        return str(replace(self.column, collation="", null=False, primary_key=False, options=()))

    def __str__(self) -> str:
        return self.type_text

    @property
    def is_generated(self) -> bool:
        return self.kind == "GeneratedField"


@by_value
def read_shape(column: Column) -> ColumnShape:
    """The parts of a column."""
    if column == AUTO_COLUMN:
        return ColumnShape(column, "automatic")
    if not column.is_read:
        return ColumnShape(column, "opaque", null=True)
    target, numbers = (
        column.target,
        {name: int(number) for name, number in _ARGUMENT.findall(column.arguments)},
    )
    return ColumnShape(
        column,
        "reference" if target else column.type,
        size=int(column.arguments) if column.type == "varchar" and column.arguments.isdigit() else None,
        digits=numbers.get("max_digits"),
        places=numbers.get("decimal_places"),
        null=column.null,
        default=dict(column.options).get("db_default", ""),
        table=target.table if target and not target.is_label else "",
        constrained=target is not None and column.is_constrained,
        must_be_given=column_must_be_given(column),
    )
