"""Which values of one column another column does not keep: the code of one release writes them, the database has the other, or an AlterField
changes the type of the column.

Source: `data_types` and `integer_field_range` of Django's backends, and what each engine converts on its own: SQLite ignores lengths and sizes
(https://www.sqlite.org/datatype3.html), PostgreSQL has no cast between boolean and integer in an INSERT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stitchback.model.command_cache import by_value
from stitchback.model.physical import Column
from stitchback.model.state import Field
from stitchback.schema.field_classes import MODELS, ancestry
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


KINDS = {
    "AutoField": "integer", "BigAutoField": "integer", "SmallAutoField": "integer", "IntegerField": "integer",
    "CharField": "text", "TextField": "text", "FileField": "text", "FilePathField": "text",
    "BooleanField": "boolean", "DecimalField": "decimal", "FloatField": "float", "UUIDField": "uuid",
    "DateTimeField": "datetime", "DateField": "date", "TimeField": "time", "DurationField": "duration",
    "JSONField": "json", "BinaryField": "binary", "GenericIPAddressField": "address", "IPAddressField": "address",
    "ForeignKey": "key", "ManyToManyField": "pairs",
}  # fmt: skip
"""Django's class, without its module -> the kind of value that it holds."""

KEPT = frozenset({
    ("integer", "decimal"), ("integer", "float"), ("boolean", "integer"), ("date", "datetime"),
    *((kind, "text") for kind in ("integer", "boolean", "decimal", "float", "uuid", "datetime", "date", "time", "json", "address")),
})  # fmt: skip
"""(before, after): every value of the one kind has its own value of the other, on each engine that Django supports, and the engine converts
it in an ALTER TABLE. How long a text or how large a number may be is another question."""


def keeps_values(before: Field, after: Field) -> bool:
    """Whether each value that the column holds before it is altered is there afterwards, in the type that it has then. False if it is not
    known what one of two different classes holds."""
    one, other = kind_of(before), kind_of(after)
    if not one or not other:
        return before.path == after.path
    return one == other or (one, other) in KEPT


def kind_of(field: Field) -> str:
    """The kind of value, by the nearest of Django's own classes that the field is or extends; "" where none is known."""
    names = (path.removeprefix(MODELS) for path in ancestry(field.base or field.path, {}))
    return next((KINDS[name] for name in names if name in KINDS), "")


SMALL, NORMAL, BIG = 2**15, 2**31, 2**63
EXACT_IN_FLOAT = 2**53
LARGEST_TINY = 127
Range = tuple[int, int]

SIGNED: Mapping[str, Range] = {
    **dict.fromkeys(("SmallIntegerField", "SmallAutoField"), (-SMALL, SMALL - 1)),
    **dict.fromkeys(("IntegerField", "AutoField"), (-NORMAL, NORMAL - 1)),
    **dict.fromkeys(("BigIntegerField", "BigAutoField"), (-BIG, BIG - 1)),
}
POSITIVE: Mapping[str, int] = {
    "PositiveSmallIntegerField": SMALL,
    "PositiveIntegerField": NORMAL,
    "PositiveBigIntegerField": BIG,
}
TEXT = frozenset({"varchar", "TextField"})
NUMBERS = frozenset({"integer", "boolean", "decimal", "FloatField"})
UNCONVERTED_IN_SQLITE = frozenset({"UUIDField", "GenericIPAddressField", "BinaryField"})


def family(shape: ColumnShape) -> str:
    """Columns of one family differ in the range of their values alone."""
    if shape.kind in TEXT:
        return "text"
    if shape.kind in SIGNED or shape.kind in POSITIVE or shape.kind == "automatic":
        return "integer"
    return {"DecimalField": "decimal"}.get(shape.kind, shape.kind)


def integers(shape: ColumnShape, engine: str) -> Range:
    """The range that Django's field and the engine's column share."""
    if shape.kind == "automatic":
        return (-NORMAL, NORMAL - 1)
    if engine == "sqlite":
        return (0 if shape.kind in POSITIVE else -BIG, BIG - 1)
    if shape.kind in POSITIVE:
        most = POSITIVE[shape.kind]
        return (0, 2 * most - 1 if engine == "mysql" else most - 1)
    return SIGNED[shape.kind]


def lost_values(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    """In words, values that code with the column `code` writes, and that a database with the column `there` refuses or changes; "" for none. References are
    compared by what they refer to, not here. `engine`: Django's vendor."""
    if there.is_generated != code.is_generated:
        return "" if code.is_generated else "any value: the database computes it"
    if "reference" in (code.kind, there.kind) or code.type_text == there.type_text:
        return ""
    one, other = family(code), family(there)
    if one == other:
        return _in_family(one, code, there, engine)
    if one in NUMBERS and other in NUMBERS:
        return _of_numbers(one, other, code, there, engine)
    if engine == "sqlite" and one == "text" and other in UNCONVERTED_IN_SQLITE:
        return ""
    return f"values of {code.type_text}"


def _in_family(name: str, code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if name == "text":
        return _longer_text(code, there, engine)
    if name == "integer" and not code.kind.endswith("AutoField"):  # those the database makes
        return _outside(integers(code, engine), integers(there, engine), engine)
    if name == "decimal":
        return _more_digits(code, there, engine)
    return ""


def _longer_text(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if engine == "sqlite" or there.size is None or (code.size is not None and code.size <= there.size):
        return ""
    return f"text of more than {there.size} characters"


def _outside(wide: Range, narrow: Range, engine: str) -> str:
    """Where SQLite has a check, it is the one of PositiveIntegerField."""
    if wide[0] < narrow[0] == 0:
        return "negative numbers"
    if wide[0] < narrow[0] or wide[1] > narrow[1]:
        return f"numbers outside {narrow[0]} to {narrow[1]}"
    return ""


def _more_digits(code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if engine == "sqlite" or None in (code.digits, code.places, there.digits, there.places):
        return ""
    if whole_digits(code) > whole_digits(there):
        return f"numbers of more than {whole_digits(there)} digits before the point"
    return f"more than {there.places} decimal places" if (code.places or 0) > (there.places or 0) else ""


def whole_digits(shape: ColumnShape) -> int:
    return (shape.digits or 0) - (shape.places or 0)


def _of_numbers(one: str, other: str, code: ColumnShape, there: ColumnShape, engine: str) -> str:
    if other == "boolean":
        return f"numbers other than 0 to {LARGEST_TINY if engine == 'mysql' else 1}"
    if one == "boolean":
        return "" if engine in ("sqlite", "mysql") else "true and false"
    if one == "integer" and other == "FloatField":
        return "numbers of more than 15 digits" if integers(code, engine)[1] > EXACT_IN_FLOAT else ""
    if engine == "sqlite":
        return ""
    if one == "integer":
        largest = 10 ** whole_digits(there) - 1
        return _outside(integers(code, engine), (-largest, largest), engine)
    return "fractions" if other == "integer" else f"exact values of {code.type_text}"


def is_known(shape: ColumnShape) -> bool:
    """Whether it is known which values the column takes: not for a field class of a package or project."""
    return shape.kind != "opaque" and "." not in shape.kind
